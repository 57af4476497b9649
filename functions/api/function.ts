import { GROUP, KINDS } from '../../crds/group.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

/** The REST API. Its identity reads our kinds and pods, writes instances and runs, and of Secrets creates those of a key (API-W05). */
export const manifest: FunctionManifest = {
  name: 'api',
  memoryMb: 256,
  timeoutSeconds: 29,
  concurrency: 50,
  routes: ['/api/{proxy+}', '/healthz', '/readyz'],
  rules: [
    {
      apiGroups: [GROUP],
      resources: [KINDS.SympoziumInstance.plural, KINDS.AgentRun.plural],
      verbs: ['get', 'list', 'create', 'delete', 'patch'],
    },
    // One run is watched at a time, by name, for its event stream.
    { apiGroups: [GROUP], resources: [KINDS.AgentRun.plural], verbs: ['watch'] },
    // The heartbeat of a new instance, and whether the gateway is ready.
    { apiGroups: [GROUP], resources: [KINDS.SympoziumSchedule.plural], verbs: ['create'] },
    { apiGroups: [GROUP], resources: [KINDS.SympoziumConfig.plural], verbs: ['get'] },
    { apiGroups: [GROUP], resources: [KINDS.SympoziumPolicy.plural, KINDS.SkillPack.plural], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods', 'namespaces', 'nodes'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    // A key is written into a Secret of its instance; `get` is asked for as metadata alone, to see that one exists.
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
  ],
};
