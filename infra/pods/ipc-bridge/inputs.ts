import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../ipc/files.ts';
import { describeError, type Log } from '../ipc/log.ts';
import type { PodBus } from './bus.ts';
import type { BridgeConfig } from './config.ts';

const envelopeSchema = z.object({ data: z.unknown() });

/**
 * Writes what the bus addresses to this run into `/ipc` (agentrun.md 6.1). A run with subjects of its own reads only below
 * those: the shared ones tell runs apart by name alone.
 */
export function subscribeInputs(options: { ipc: string; config: BridgeConfig; bus: PodBus; log: Log }): void {
  const { config } = options;
  if (config.runSubject) {
    deliverTo(options, `${config.runSubject}.followup`, 'input/followup');
    deliverTo(options, `${config.runSubject}.answer`, 'input/answer');
    return;
  }
  deliverTo(options, `sympozium.agent.followup.${config.run.id}`, 'input/followup');
  deliverTo(options, `sympozium.tool.exec.result.${config.run.id}`, 'tools/exec-result');
}

function deliverTo({ ipc, bus, log }: { ipc: string; bus: PodBus; log: Log }, subject: string, prefix: string): void {
  bus.subscribe(subject, (body) => {
    const data = dataOf(body);
    if (data === undefined) {
      log.warn('Message is no envelope', { subject });
      return;
    }
    const path = join(ipc, `${prefix}-${Date.now()}${randomUUID().slice(0, 8)}.json`);
    writeFileAtomic(path, JSON.stringify(data), { scratch: join(ipc, '.tmp') }).catch((error: unknown) => {
      log.error('Could not write a message to a file', { subject, error: describeError(error) });
    });
  });
}

function dataOf(body: string): unknown {
  try {
    return envelopeSchema.parse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
