import type { KubeObject } from '../../shared/kube/objects.ts';
import { JOBS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import { type Bench, type Cluster, withControlPlane } from './bench.ts';
import { createRun } from './runs.ts';
import { watchRuns } from './timeline.ts';

/** The Job of a run, bare: what a script would have to create for the same pod, owned by nothing and watched by nobody. */
export async function bareJob(bench: Bench, cluster: Cluster, namespace: string): Promise<Pick<Job, 'spec'>> {
  const { kubeconfig, kube } = cluster;
  return withControlPlane(bench, { relay: kubeconfig, host: kubeconfig }, async () => {
    const timeline = await watchRuns(kube, namespace);
    await createRun(kube, namespace, 'template', timeline);
    await timeline.until('releasedAt', 1);
    timeline.stop();
    const { items } = await kube.list<Job & KubeObject>(JOBS, { namespace });
    const [job] = items;
    if (job === undefined) throw new Error('The run has no Job');
    return { spec: withoutIdentity(job.spec) };
  });
}

/** The API server adds selector and labels that name one Job. */
function withoutIdentity(spec: Job['spec']): Job['spec'] {
  const { selector: _, ...rest } = spec as Job['spec'] & { selector?: unknown };
  const { template } = rest;
  return { ...rest, template: { ...template, metadata: { labels: { 'app.kubernetes.io/part-of': 'bench' } } } };
}
