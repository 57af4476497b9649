import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { COMMANDS, type CommandName, commandHelp, isCommandName } from './help.ts';
import { CliError } from './terminal.ts';

const GLOBAL = {
  url: { type: 'string' },
  token: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig;

const OPTIONS = {
  ...GLOBAL,
  version: { type: 'boolean' },
  instance: { type: 'string', short: 'i' },
  model: { type: 'string' },
  provider: { type: 'string' },
  timeout: { type: 'string' },
  skill: { type: 'string', multiple: true },
  detach: { type: 'boolean', short: 'd' },
  follow: { type: 'boolean', short: 'f' },
  container: { type: 'string', short: 'c' },
} as const satisfies ParseArgsOptionsConfig;

type OptionName = keyof typeof OPTIONS;

/** What each command takes besides the global options. */
const TAKES: Record<CommandName, readonly OptionName[]> = {
  run: ['instance', 'model', 'provider', 'timeout', 'skill', 'detach'],
  runs: [],
  get: [],
  logs: ['follow', 'container'],
  cancel: [],
  delete: [],
  instances: [],
};

export type Options = ReturnType<typeof parse>['values'];

/** A command line, understood: `names` are the words after the command. */
export type Invocation =
  | { kind: 'help'; command: CommandName | undefined }
  | { kind: 'version' }
  | { kind: 'command'; command: CommandName; names: string[]; options: Options };

/** Throws `CliError` with exit code 2 for what is not understood, and says what was probably meant. */
export function parseCommandLine(argv: readonly string[]): Invocation {
  const { values, positionals } = parseOrExplain(argv);
  if (values.version === true) return { kind: 'version' };
  const [word, ...names] = positionals;
  if (word === undefined) {
    if (argv.length > 0 && values.help !== true) throw new CliError(`Which command? ${SEE_HELP}`, 2);
    return { kind: 'help', command: undefined };
  }
  if (word === 'help') return { kind: 'help', command: names[0] === undefined ? undefined : commandOf(names[0]) };
  const command = commandOf(word);
  if (values.help === true) return { kind: 'help', command };
  const stranger = Object.keys(values).find((name) => !(name in GLOBAL) && !takes(command, name));
  if (stranger !== undefined) throw new CliError(`\`${command}\` does not take --${stranger}. ${seeHelp(command)}`, 2);
  checkNames(command, names);
  return { kind: 'command', command, names, options: values };
}

const parse = (argv: readonly string[]) => parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });

function parseOrExplain(argv: readonly string[]) {
  try {
    return parse(argv);
  } catch (cause) {
    const unknown = /'(--?[\w-]+)/.exec((cause as Error).message)?.[1] ?? '';
    const nearest = nearestOf(unknown.replace(/^-+/, ''), Object.keys(OPTIONS));
    const code = (cause as { code?: string }).code;
    const what =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `There is no option ${unknown}.${nearest === undefined ? '' : ` Did you mean --${nearest}?`}`
        : `${(cause as Error).message.replaceAll(/\s+/g, ' ').replace(/\.?$/, '.')}`;
    throw new CliError(`${what} ${SEE_HELP}`, 2, { cause });
  }
}

const SEE_HELP = 'See `sympozium --help`.';
const seeHelp = (command: CommandName) => `See \`sympozium ${command} --help\`.`;
const takes = (command: CommandName, name: string) => (TAKES[command] as readonly string[]).includes(name);

function commandOf(word: string): CommandName {
  if (isCommandName(word)) return word;
  if (/\s/.test(word.trim())) throw new CliError(`To give an agent a task: sympozium run ${JSON.stringify(word)}`, 2);
  const nearest = nearestOf(word, Object.keys(COMMANDS));
  const hint = nearest === undefined ? SEE_HELP : `Did you mean \`sympozium ${nearest}\`?`;
  throw new CliError(`There is no command \`${word}\`. ${hint}`, 2);
}

/** Commands that take as many names as are given. */
const TAKES_MANY: readonly CommandName[] = ['cancel', 'delete'];

function checkNames(command: CommandName, names: readonly string[]): void {
  const { operand } = commandHelp(command);
  const [least, most] =
    operand === undefined ? [0, 0] : [1, TAKES_MANY.includes(command) ? Number.POSITIVE_INFINITY : 1];
  if (names.length < least) throw new CliError(`\`${command}\` needs ${operand}. ${seeHelp(command)}`, 2);
  if (names.length <= most) return;
  if (command !== 'run')
    throw new CliError(`\`${command}\` takes ${most === 0 ? 'no name' : 'one name'}. ${seeHelp(command)}`, 2);
  throw new CliError(`Put the task in quotes: sympozium run ${JSON.stringify(names.join(' '))}`, 2);
}

/** The word that differs least, when it differs little enough to be a slip. */
function nearestOf(word: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((one) => ({ one, steps: one.startsWith(word) && word.length > 1 ? 0 : editDistance(word, one) }))
    .toSorted((a, b) => a.steps - b.steps);
  return best !== undefined && best.steps <= Math.max(1, Math.floor(word.length / 3)) ? best.one : undefined;
}

/** Letters put in, left out, exchanged, or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const exchanged = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : exchanged;
      rows[row]?.push(Math.min(exchanged, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
