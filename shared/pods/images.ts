/** Where the images of our own pods come from. */
export interface ImageSource {
  registry: string;
  tag: string;
}

/** Names of our own images. */
export type ImageName = 'agent-runner' | 'ipc-bridge' | 'mcp-bridge' | 'sandbox' | 'web-proxy';

export const imageOf = (name: ImageName, { registry, tag }: ImageSource): string => `${registry}/${name}:${tag}`;
