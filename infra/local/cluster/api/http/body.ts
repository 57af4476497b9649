import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { isRecord } from '../object.ts';
import { ApiError, badRequest } from '../status.ts';
import { decodeProtobuf, ProtobufError } from '../types/protobuf.ts';

const LIMIT = 3 * 1024 * 1024;

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${LIMIT}`, {});
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString('utf8');
}

function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

const OBJECT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

function unsupported(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding JSON: ${error instanceof Error ? error.message : 'invalid'}`);
  }
}

export function parseYamlOrJson(text: string): unknown {
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // YAML's flow style looks like this, too.
    }
  }
  try {
    // YAML 1.1, as Kubernetes reads it: `y` is true.
    return parseYaml(text, { version: '1.1' });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : 'invalid'}`);
  }
}

/** The object of a POST, a PUT or a DELETE, as JSON, YAML or protobuf. An empty body is an empty object. */
export async function readObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const media = mediaTypeOf(request.headers['content-type']);
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  if (media === 'application/vnd.kubernetes.protobuf') return fromProtobuf(bytes);
  if (media !== '' && media !== 'application/json' && media !== 'application/yaml') throw unsupported(OBJECT_TYPES);
  const text = bytes.toString('utf8');
  const value = media === 'application/yaml' ? parseYamlOrJson(text) : parseJson(text);
  if (!isRecord(value)) throw badRequest('error decoding: the body must be an object');
  return value;
}

function fromProtobuf(bytes: Buffer): Record<string, unknown> {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(`error decoding protobuf: ${error.message}`);
    throw error;
  }
}

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

export type PatchType = (typeof PATCH_TYPES)[number];

export function patchTypeOf(contentType: string | undefined, custom: boolean): PatchType {
  const media = mediaTypeOf(contentType);
  const accepted = PATCH_TYPES.filter((type) => !custom || type !== 'application/strategic-merge-patch+json');
  const found = accepted.find((type) => type === media);
  if (found === undefined) throw unsupported(accepted);
  return found;
}
