import { runCli } from './cli.ts';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
// `sympozium runs | head`: the reader has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outIsTty: process.stdout.isTTY,
  errIsTty: process.stderr.isTTY,
  width: process.stderr.columns ?? process.stdout.columns ?? 100,
  env: process.env,
  cwd: process.cwd(),
  interrupted: interrupt.signal,
});
