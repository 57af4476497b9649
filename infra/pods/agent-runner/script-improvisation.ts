import type { ScriptedTurn } from './script-directives.ts';

/** A tool result the model has seen, with the call it belongs to. */
export interface SeenResult {
  tool: string;
  input: Record<string, unknown>;
  text: string;
}

/** What a task without directives seems to want. */
interface Intent {
  folder?: string;
  read?: string;
  command?: string;
  write?: string;
  channel?: string;
}

/**
 * The next turn for an ordinary task: recognises a few plain wishes (list, read, write, run, send), calls one tool after the
 * other and ends with an answer made of what it saw. Deterministic.
 */
export function improvise(task: string, seen: readonly SeenResult[], tools: ReadonlySet<string>): ScriptedTurn {
  const done = new Set(seen.map(({ tool }) => tool));
  const next = wishes(task, seen).find(({ tool }) => tools.has(tool) && !done.has(tool));
  if (next) return [{ kind: 'call', tool: next.tool, input: next.input }];
  return [{ kind: 'say', text: seen.length > 0 ? report(seen) : answer(task) }];
}

function wishes(task: string, seen: readonly SeenResult[]): { tool: string; input: Record<string, unknown> }[] {
  const intent = intentOf(task);
  return [
    ...(intent.folder ? [{ tool: 'list_directory', input: { path: intent.folder } }] : []),
    ...(intent.read ? [{ tool: 'read_file', input: { path: intent.read } }] : []),
    ...(intent.command ? [{ tool: 'execute_command', input: { command: intent.command } }] : []),
    ...(intent.write ? [{ tool: 'write_file', input: { path: intent.write, content: composed(task, seen) } }] : []),
    ...(intent.channel
      ? [{ tool: 'send_channel_message', input: { channel: intent.channel, text: composed(task, seen).trimEnd() } }]
      : []),
  ];
}

const FILE_NAME = /[`"']?((?:\/?[\w-]+\/)*[\w-]+(?:\.[A-Za-z]\w*)+)[`"']?/;

function intentOf(task: string): Intent {
  const file = FILE_NAME.exec(task)?.[1];
  const writes = file !== undefined && /\b(write|save|create|put|store)\b/i.test(task);
  const lists = /\b(which|what|list|show|name|count)\b[^.?!]*\bfiles\b|\blist\b|\bls\b|what(?:'s| is) in \//i.test(
    task,
  );
  const command = /\b(?:run|execute)\b[^`"]*[`"]([^`"]+)[`"]/i.exec(task)?.[1];
  const channel = /\b(?:send|post|notify|tell|message)\b[\s\S]*\b(slack|telegram|discord|whatsapp)\b/i.exec(task)?.[1];
  return {
    ...(lists && { folder: folderOf(task) }),
    ...(file !== undefined &&
      !writes &&
      /\b(read|open|summari[sz]e|show|print|what does)\b/i.test(task) && { read: file }),
    ...(command !== undefined && { command }),
    ...(writes && { write: file }),
    ...(channel !== undefined && { channel: channel.toLowerCase() }),
  };
}

function folderOf(task: string): string {
  return /\/(?:workspace|skills|tmp|ipc)(?:\/[\w-]+)*(?![\w.-]*\.\w)/.exec(task)?.[0] ?? '/workspace';
}

/** The text that goes into a file or a message: a quoted one, a poem about what was seen, or what was seen. */
function composed(task: string, seen: readonly SeenResult[]): string {
  if (/\b(haiku|poem|verse)\b/i.test(task)) return `${haiku(seen)}\n`;
  const quoted = /["“]([^"”]+)["”]/.exec(task)?.[1];
  if (quoted) return `${quoted}\n`;
  return seen.length > 0 ? `${seen.map(({ text }) => text).join('\n')}\n` : `${task.trim()}\n`;
}

function haiku(seen: readonly SeenResult[]): string {
  const names = namesSeen(seen);
  if (names.length === 0)
    return ['Empty workspace waits', 'no file stirs in the silence', 'the first word is mine'].join('\n');
  return ['Files rest in their place', names.slice(0, 3).join(', '), 'waiting to be read'].join('\n');
}

/** Names out of a listing, whose lines are `name (12 bytes)` or `name/`. */
function namesSeen(seen: readonly SeenResult[]): string[] {
  const listing = seen.find(({ tool }) => tool === 'list_directory')?.text ?? '';
  if (listing.startsWith('Error:') || listing === '(empty)') return [];
  return listing.split('\n').map((line) => line.replace(/ \([^)]*\)$/, ''));
}

function report(seen: readonly SeenResult[]): string {
  return seen.map(sentence).join('\n\n');
}

function sentence({ tool, input, text }: SeenResult): string {
  if (text.startsWith('Error:')) return `I tried ${tool}, but it failed: ${text.slice('Error:'.length).trim()}`;
  switch (tool) {
    case 'list_directory': {
      const names = namesSeen([{ tool, input, text }]);
      if (names.length === 0) return `There are no files in ${input['path']}.`;
      return `Files in ${input['path']}:\n${names.map((name) => `- ${name}`).join('\n')}`;
    }
    case 'read_file':
      return `${input['path']} says:\n\n${text}`;
    case 'write_file':
      return `I wrote this to ${input['path']}:\n\n${String(input['content']).trimEnd()}`;
    case 'execute_command':
      return `\`${input['command']}\` printed:\n\n${text}`;
    case 'send_channel_message':
      return `I sent this to ${input['channel']}:\n\n${input['text']}`;
    default:
      return `${tool} answered:\n\n${text}`;
  }
}

const OPERATIONS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

function answer(task: string): string {
  if (/\b(haiku|poem|verse)\b/i.test(task)) return haiku([]);
  const [, left, operator = '', right] = /(-?\d+(?:\.\d+)?)\s*([-+*/])\s*(-?\d+(?:\.\d+)?)/.exec(task) ?? [];
  const operation = OPERATIONS[operator];
  if (operation) return `${left} ${operator} ${right} = ${operation(Number(left), Number(right))}`;
  if (/^\s*(hi|hello|hey|good (morning|evening|day))\b/i.test(task)) return `Hello! ${INTRODUCTION}`;
  return `You asked: “${task.trim().replaceAll(/\s+/g, ' ').slice(0, 300)}”\n\n${INTRODUCTION}`;
}

const INTRODUCTION =
  'I am the built-in scripted model: I need no key and no network, and I can list, read and write files, run commands and ' +
  'send messages when a task asks for it plainly. For real answers choose another provider and give it a key.';
