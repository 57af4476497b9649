import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** What must stay the same from start to start, in `state.json` (readable by its owner alone). */
export interface State {
  apiToken: string;
  clusterToken: string;
  relayToFunctionSecret: string;
  functionToRelaySecret: string;
  /** From which all credentials of the bus follow. */
  busSecret: string;
  /** From which the addresses of all memories follow. */
  memorySecret: string;
  ports: { cluster: number; nats: number; relay: number; memory: number; admission: number };
}

/** Reads the state of earlier starts, or makes the first. A remembered port that is taken now is chosen anew. */
export async function loadState(folder: string): Promise<State> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'state.json');
  const earlier = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as State,
    () => undefined,
  );
  const secret = () => `whsec_${randomBytes(32).toString('base64')}`;
  const state: State = {
    apiToken: randomBytes(24).toString('base64url'),
    clusterToken: randomBytes(24).toString('base64url'),
    relayToFunctionSecret: secret(),
    functionToRelaySecret: secret(),
    busSecret: randomBytes(32).toString('base64url'),
    memorySecret: randomBytes(32).toString('base64url'),
    ...earlier,
    ports: {
      cluster: await keepOrChoose(earlier?.ports.cluster),
      nats: await keepOrChoose(earlier?.ports.nats),
      relay: await keepOrChoose(earlier?.ports.relay),
      memory: await keepOrChoose(earlier?.ports.memory),
      admission: await keepOrChoose(earlier?.ports.admission),
    },
  };
  await writePrivately(path, `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

/** Begins anew: objects, messages, logs, tokens and ports of earlier starts are gone. */
export async function forget(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** A file for its owner alone, replaced whole. */
export async function writePrivately(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function keepOrChoose(wanted: number | undefined): Promise<number> {
  return wanted !== undefined && (await isFree(wanted)) ? wanted : freePort();
}
