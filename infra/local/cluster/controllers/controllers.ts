import { createKubeClient } from '../../../../shared/kube/client.ts';
import type { Connection } from '../../../../shared/kube/transport.ts';
import type { Informers } from '../client/informer.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { startDaemonSetController } from './daemon-sets.ts';
import { startDeploymentController } from './deployments.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import type { JobPlanConfig } from './job-plan.ts';
import { startJobController } from './jobs.ts';
import { startNamespaceController } from './namespaces.ts';
import { startReplicaSetController } from './replica-sets.ts';
import { startServiceController } from './services.ts';

export interface ControllersOptions {
  connection: Connection;
  informers: Informers;
  jobs?: JobPlanConfig;
  /** Certificate (PEM) of the API server's CA, published to every namespace. */
  rootCa?: string;
  log(message: string): void;
}

/** The built-in controllers of the embedded cluster, each a level-triggered loop over shared watches. */
export function startControllers({ connection, informers, jobs, rootCa, log }: ControllersOptions): Controller {
  const client = createKubeClient(connection);
  const context: ControllerContext = { client, informers, log };
  const running = [
    startNamespaceController(context, rootCa),
    startJobController(context, jobs),
    startReplicaSetController(context),
    startDeploymentController(context),
    startDaemonSetController(context),
    startServiceController(context),
    startGarbageCollector(context),
  ];
  return {
    async close() {
      await Promise.all(running.map((controller) => controller.close()));
      client.close();
    },
  };
}
