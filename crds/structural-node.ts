/** A JSON schema as zod gives it and as the CRD takes it. */
export interface Node {
  [keyword: string]: unknown;
  type?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  required?: string[];
}

/** `at` first, so that a message always names the field. */
export function refuse(at: string, rule: string): never {
  throw new Error(`${at}: ${rule}`);
}
