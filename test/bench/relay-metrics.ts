import type { ControlPlane } from './control-plane.ts';

/** Passes that the relay has had made since it started. */
export async function passesOf({ relayUrl }: Pick<ControlPlane, 'relayUrl'>): Promise<number> {
  const text = await (await fetch(`${relayUrl}/metrics`)).text();
  return sumOf(text, 'controller_runtime_reconcile_total');
}

/** The sum over all labels of one metric in Prometheus' text format. */
function sumOf(text: string, metric: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
      sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}
