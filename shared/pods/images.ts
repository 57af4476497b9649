/** Where the images of our own pods come from. */
export interface ImageSource {
  registry: string;
  tag: string;
}

/** Names of our own images. */
export type ImageName = 'agent-runner' | 'ipc-bridge' | 'mcp-bridge' | 'sandbox' | `channel-${string}`;

/** As every function is told it: one rule for all of them [CTL-WX6]. */
export const imageSource = (config: {
  SYMPOZIUM_IMAGE_REGISTRY: string;
  SYMPOZIUM_IMAGE_TAG: string;
}): ImageSource => ({
  registry: config.SYMPOZIUM_IMAGE_REGISTRY,
  tag: config.SYMPOZIUM_IMAGE_TAG,
});

export const imageOf = (name: ImageName, { registry, tag }: ImageSource): string => `${registry}/${name}:${tag}`;
