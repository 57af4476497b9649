import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/sdk/types.js';

/** `/ipc/tools/mcp-result-<id>.json`. Every block has a `text`, which is what an agent shows its model. */
export interface McpResult {
  id: string;
  success: boolean;
  content?: (Record<string, unknown> & { type: string; text: string })[];
  error?: string;
  isError?: true;
}

export const failed = (id: string, error: string): McpResult => ({ id, success: false, error });

export function resultOf(id: string, { content, structuredContent, isError }: CallToolResult): McpResult {
  const blocks = content.map((block) => ({ ...block, text: textOf(block) }));
  if (blocks.length === 0 && structuredContent !== undefined) {
    blocks.push({ type: 'text', text: JSON.stringify(structuredContent) });
  }
  if (isError !== true) return { id, success: true, content: blocks };
  const error = blocks.find(({ text }) => text !== '')?.text ?? 'the tool failed and did not say why';
  return { id, success: false, isError: true, error, content: blocks };
}

/** What a model that reads text is told of a block; the rest of the block is kept beside it [CTL-WM7]. */
function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type}: ${block.mimeType}, ${bytesOf(block.data)} bytes]`;
    case 'resource_link':
      return `[resource: ${block.uri}${block.description ? `, ${block.description}` : ''}]`;
    case 'resource':
      return 'text' in block.resource
        ? block.resource.text
        : `[resource: ${block.resource.uri}, ${block.resource.mimeType ?? 'binary'}, ${bytesOf(block.resource.blob)} bytes]`;
  }
}

const bytesOf = (base64: string): number => Buffer.byteLength(base64, 'base64');
