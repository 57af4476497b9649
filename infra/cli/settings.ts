import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { Options } from './args.ts';
import { CliError, type Terminal } from './terminal.ts';

/** Where the API is and the token for it. */
export interface Settings {
  url: string;
  token: string;
}

/** Written by `npm start`. */
const FILE = '.sympozium/client.json';
const FileSchema = z.object({ url: z.url(), token: z.string() });

/** Options first, then `SYMPOZIUM_URL` and `SYMPOZIUM_TOKEN`, then the file, looked for from the working folder upwards. */
export function findSettings(options: Options, { env, cwd }: Terminal): Settings {
  const url = options.url || env['SYMPOZIUM_URL'];
  const token = options.token || env['SYMPOZIUM_TOKEN'];
  if (url && token) return { url: checkedUrl(url), token };
  const file = readFile(cwd);
  if (url) return { url: checkedUrl(url), token: token || (file?.url === url ? file.token : noToken()) };
  if (file === undefined) {
    throw new CliError('No API is known here. Start one with `npm start`, or give --url and --token.');
  }
  return { url: file.url, token: token || file.token };
}

function readFile(from: string): Settings | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, FILE);
    const content = contentOf(path);
    if (content !== undefined) return parseFile(path, content);
    if (dirname(folder) === folder) return undefined;
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, 1, { cause: error });
  }
}

function parseFile(path: string, content: string): Settings {
  try {
    return FileSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw new CliError(`${path} is damaged. \`npm start\` writes it anew.`, 1, { cause });
  }
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new CliError(`--url must be an address such as http://127.0.0.1:8080, not ${url}`, 2);
}

function noToken(): never {
  throw new CliError('A token is needed for that address: give --token or set SYMPOZIUM_TOKEN.', 2);
}
