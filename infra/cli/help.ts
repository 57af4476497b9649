interface CommandHelp {
  /** The word that the command needs after its name. */
  operand?: string;
  usage: string;
  summary: string;
  details: string;
}

const JSON_OPTION = '  --json               print JSON';

export const COMMANDS = {
  run: {
    operand: 'a task in quotes',
    usage: 'run "<task>" [options]',
    summary: 'give an agent a task, follow it, print its answer',
    details: `The answer goes to standard output, everything else to standard error. Exits 0 with the answer, 1 when the
run failed. Ctrl-C stops following; the run goes on.

  -i, --instance NAME  the agent to ask (default: "default")
  --model M            another model than the agent's own
  --provider P         another provider; the agent needs a key for it
  --timeout 5m         the longest that the run may take
  --skill NAME         a skill besides the agent's own; may be repeated
  -d, --detach         do not follow: print the run's name and return
  --json               print the run as JSON at its end (with --detach: at its start)`,
  },
  runs: { usage: 'runs', summary: 'list runs, newest first', details: JSON_OPTION },
  get: { operand: 'the name of a run', usage: 'get NAME', summary: 'show a run and its answer', details: JSON_OPTION },
  logs: {
    operand: 'the name of a run',
    usage: 'logs NAME [-f]',
    summary: "print the log of a run's pod",
    details: `  -f, --follow         go on until the pod ends
  -c, --container NAME a container of the pod (default: agent)
  --json               print each line as a JSON object`,
  },
  cancel: {
    operand: 'the name of a run',
    usage: 'cancel NAME…',
    summary: 'end runs that are under way, and keep them',
    details: JSON_OPTION,
  },
  delete: {
    operand: 'the name of a run',
    usage: 'delete NAME…',
    summary: 'delete runs; one that is under way is ended',
    details: JSON_OPTION,
  },
  instances: { usage: 'instances', summary: 'list the agents that can be asked', details: JSON_OPTION },
} as const satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

export const commandHelp = (command: CommandName): CommandHelp => COMMANDS[command];
export const isCommandName = (word: string): word is CommandName => Object.hasOwn(COMMANDS, word);

const EVERYWHERE = `Options of every command:
  -n, --namespace NAME where to look (default: "default")
  --url URL            the API (default: SYMPOZIUM_URL, else what \`npm start\` wrote to .sympozium/client.json)
  --token TOKEN        its token (default: SYMPOZIUM_TOKEN, else the same file)
  -h, --help           this text
`;

export function helpText(command: CommandName | undefined): string {
  if (command !== undefined) {
    const { usage, summary, details } = commandHelp(command);
    return `sympozium ${usage}\n\n${capital(summary)}.\n\n${details}\n\n${EVERYWHERE}`;
  }
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length));
  const lines = Object.values(COMMANDS).map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
  return `sympozium: ask agents that run on Kubernetes.

Usage: sympozium <command>

${lines.join('\n')}

${EVERYWHERE}  --version            the client's version

Try: sympozium run "What day is it?"
More about a command: sympozium run --help
`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
