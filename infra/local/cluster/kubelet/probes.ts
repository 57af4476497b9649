import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, Probe } from '../client/core-types.ts';
import type { HostCommand } from './sandbox.ts';

export interface ProbeTarget {
  address: string;
  container: Container;
  /** The host command that runs `argv` inside the container; undefined while that is not possible. */
  exec(argv: string[]): HostCommand | undefined;
}

interface ProbeResult {
  ok: boolean;
  message: string;
}

/** One try of a probe. Never throws: what goes wrong is a failed probe. */
async function tryProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.httpGet !== undefined) return await tryHttp(probe.httpGet, target, timeout);
    if (probe.tcpSocket !== undefined) return await tryTcp(probe.tcpSocket, target, timeout);
    if (probe.exec !== undefined) return await tryExec(probe.exec.command ?? [], target, timeout);
    return { ok: false, message: 'the embedded cluster does not know this kind of probe' };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function portOf(port: number | string, { container }: ProbeTarget): number {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named === undefined) throw new Error(`couldn't find port: ${port}`);
  return named;
}

function tryHttp(get: NonNullable<Probe['httpGet']>, target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  const secure = get.scheme === 'HTTPS';
  const open = secure ? httpsRequest : httpRequest;
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  return new Promise((resolve, reject) => {
    const request = open(
      {
        host: get.host ?? target.address,
        port: portOf(get.port, target),
        path: get.path ?? '/',
        headers: { 'user-agent': 'kube-probe/1.34', ...headers },
        signal: AbortSignal.timeout(timeout),
        agent: false,
        // Probes do not verify certificates (Kubernetes convention).
        ...(secure && { rejectUnauthorized: false }),
      },
      (response) => {
        response.resume();
        const code = response.statusCode ?? 0;
        resolve({ ok: code >= 200 && code < 400, message: `HTTP probe failed with statuscode: ${code}` });
      },
    );
    request.once('error', reject);
    request.end();
  });
}

function tryTcp(
  { port, host }: NonNullable<Probe['tcpSocket']>,
  target: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host ?? target.address, port: portOf(port, target) });
    socket.setTimeout(timeout, () => socket.destroy(new Error('dial timeout')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve({ ok: true, message: '' });
    });
  });
}

function tryExec(argv: string[], target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  const command = target.exec(argv);
  if (command === undefined) return Promise.resolve({ ok: false, message: 'the container is not running' });
  const [file = '', ...args] = command.argv;
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { env: command.env, cwd: command.cwd, timeout, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 },
      (error, stdout, stderr) => {
        resolve({ ok: error === null, message: `${stdout}${stderr}`.slice(0, 1024) });
      },
    );
  });
}

/** What a run of probes has come to; called when it changes, and for each failure. */
export interface ProbeListener {
  passed(): void;
  failed(message: string, thresholdReached: boolean): void;
}

/** Probes until closed, counting towards the thresholds as the kubelet does. */
export function startProbing(probe: Probe, target: ProbeTarget, listener: ProbeListener): { close(): void } {
  const period = Math.max(1, probe.periodSeconds ?? 10) * 1000;
  let successes = 0;
  let failures = 0;
  let closed = false;
  let timer: NodeJS.Timeout;

  async function turn(): Promise<void> {
    const begun = Date.now();
    const { ok, message } = await tryProbe(probe, target);
    if (closed) return;
    successes = ok ? successes + 1 : 0;
    failures = ok ? 0 : failures + 1;
    if (ok && successes >= (probe.successThreshold ?? 1)) listener.passed();
    if (!ok) listener.failed(message, failures >= (probe.failureThreshold ?? 3));
    if (closed) return;
    timer = setTimeout(() => void turn(), Math.max(0, period - (Date.now() - begun)));
  }
  timer = setTimeout(() => void turn(), (probe.initialDelaySeconds ?? 0) * 1000);
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
