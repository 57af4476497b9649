import type { ControlPlane } from './control-plane.ts';
import { cpuSeconds, residentMb } from './process-memory.ts';

export interface Usage {
  relayMb: number;
  hostMb: number;
  relayCpu: number;
  hostCpu: number;
}

/** Resident memory (MB) and CPU time so far (s) of relay and host. */
export async function usageOf(plane: ControlPlane): Promise<Usage> {
  const [relayMb, hostMb] = await Promise.all([residentMb(plane.relayPid()), residentMb(plane.hostPid())]);
  const [relayCpu, hostCpu] = await Promise.all([cpuSeconds(plane.relayPid()), cpuSeconds(plane.hostPid())]);
  return { relayMb, hostMb, relayCpu, hostCpu };
}
