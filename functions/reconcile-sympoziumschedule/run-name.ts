import { createHash } from 'node:crypto';
import { fitName, LABEL_MAX } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';

/**
 * Name of the run of a tick, `<schedule>-<date>-<time in UTC>-<hash of the schedule's UID>`: whoever makes the run of a tick makes
 * the same one, and a later schedule of the same name makes others [CTL-WS1]. Short enough for a label [CTL-WX5].
 */
export function runNameOf({ metadata }: KubeObject, tick: Date): string {
  const time = tick
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, '')
    .replace('T', '-');
  const hash = createHash('sha256')
    .update(metadata.uid ?? '')
    .digest('hex')
    .slice(0, 6);
  const end = `-${time}-${hash}`;
  return fitName(metadata.name, LABEL_MAX - end.length) + end;
}
