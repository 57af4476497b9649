#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on: the client itself is TypeScript, which Node runs as it is from 22.18 on. An older
// one hands over to the Node that is installed beside the project.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./main.ts');
} else {
  const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
  const node = [`${modules}node/bin/node`, `${modules}node/bin/node.exe`, `${modules}.bin/node`].find((path) =>
    existsSync(path),
  );
  if (node === undefined) {
    process.stderr.write(
      `sympozium needs Node 22.18 or newer; this is ${process.versions.node}. Run \`npm ci\` first.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both: the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
