import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { z } from 'zod';
import { isMissing, writeFileAtomic } from '../../ipc/files.ts';
import { truncateUtf8 } from '../../ipc/text.ts';
import { confine, READ_ROOTS, WRITE_ROOTS } from './confinement.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const MAX_READ_BYTES = 8000;
const MAX_ENTRIES = 500;

export function fileTools(context: ToolContext): AgentTool[] {
  return [readFileTool(context), writeFileTool(context), listDirectoryTool(context)];
}

function readFileTool({ paths }: ToolContext): AgentTool {
  return defineTool({
    name: 'read_file',
    description: `Read a text file under ${READ_ROOTS.join(', ')}. Returns at most ${MAX_READ_BYTES} bytes from offset.`,
    inputSchema: z.object({
      path: z.string().min(1).describe('Absolute path, or relative to /workspace'),
      offset: z.number().int().min(0).optional().describe('Byte at which to start, default 0'),
    }),
    async execute({ path, offset = 0 }) {
      const { shown, real } = await confine(path, READ_ROOTS, paths);
      return explained(shown, () => readPart(real, offset));
    },
  });
}

async function readPart(real: string, offset: number): Promise<string> {
  // O_NOFOLLOW: the path was resolved; if it is a link now, someone changed it in between. O_NONBLOCK: a FIFO must not hang us.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw new ToolError('It is a directory; use list_directory.');
    if (!status.isFile()) throw new ToolError('It is not a regular file.');
    // Three bytes more than shown, so that the cut can fall between characters.
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_READ_BYTES + 3), 0, MAX_READ_BYTES + 3, offset);
    const text = truncateUtf8(buffer.subarray(0, bytesRead), MAX_READ_BYTES);
    const end = offset + Buffer.byteLength(text);
    return end < status.size ? `${text}\n... (truncated at byte ${end} of ${status.size})` : text;
  } finally {
    await file.close();
  }
}

function writeFileTool({ paths }: ToolContext): AgentTool {
  return defineTool({
    name: 'write_file',
    description: `Write a text file under ${WRITE_ROOTS.join(' or ')}, replacing what was there. Creates missing folders.`,
    inputSchema: z.object({
      path: z.string().min(1).describe('Absolute path, or relative to /workspace'),
      content: z.string(),
    }),
    async execute({ path, content }) {
      const { shown, real } = await confine(path, WRITE_ROOTS, paths);
      return explained(shown, async () => {
        await writeFileAtomic(real, content);
        return `Wrote ${Buffer.byteLength(content)} bytes to ${shown}`;
      });
    },
  });
}

function listDirectoryTool({ paths }: ToolContext): AgentTool {
  return defineTool({
    name: 'list_directory',
    description: `List a folder under ${READ_ROOTS.join(', ')}. Folders end with a slash; files show their size in bytes.`,
    inputSchema: z.object({ path: z.string().min(1).describe('Absolute path, or relative to /workspace') }),
    async execute({ path }) {
      const { shown, real } = await confine(path, READ_ROOTS, paths);
      return explained(shown, () => listing(real));
    },
  });
}

async function listing(real: string): Promise<string> {
  const entries = (await readdir(real, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = await Promise.all(
    entries.slice(0, MAX_ENTRIES).map(async (entry) => {
      if (entry.isDirectory()) return `${entry.name}/`;
      if (entry.isSymbolicLink()) return `${entry.name} (link)`;
      const size = await stat(`${real}/${entry.name}`).then(
        (status) => status.size,
        () => 0,
      );
      return `${entry.name} (${size} bytes)`;
    }),
  );
  if (entries.length > MAX_ENTRIES) lines.push(`... (${entries.length - MAX_ENTRIES} more)`);
  return lines.join('\n') || '(empty)';
}

/** Failures of the file system in words, with the path as the agent knows it: host paths are none of its business. */
async function explained(shown: string, work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ToolError) throw new ToolError(`${shown}: ${error.message}`, { cause: error });
    if (isMissing(error)) throw new ToolError(`${shown} does not exist.`, { cause: error });
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new ToolError(`${shown}: ${REASONS[code] ?? code}`, { cause: error });
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left',
  EROFS: 'the file system is read-only',
  ELOOP: 'too many symbolic links',
};
