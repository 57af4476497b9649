import { fitName } from '../kube/names.ts';

/** Label of pods that may connect to a deployed MCPServer: its NetworkPolicy lets in no others [CTL-WM5]. Its value is `true`. */
export function mcpAccessLabel({ name, namespace = '' }: { name: string; namespace?: string }): string {
  return `mcp.sympozium.ai/${fitName(`${namespace}.${name}`)}`;
}
