import { agentRunDefinition } from './agentrun.ts';
import type { KindDefinition } from './definition.ts';
import type { Kind } from './group.ts';
import { mcpServerDefinition } from './mcpserver.ts';
import { personaPackDefinition } from './personapack.ts';
import { skillPackDefinition } from './skillpack.ts';
import { sympoziumConfigDefinition } from './sympoziumconfig.ts';
import { sympoziumInstanceDefinition } from './sympoziuminstance.ts';
import { sympoziumPolicyDefinition } from './sympoziumpolicy.ts';
import { sympoziumScheduleDefinition } from './sympoziumschedule.ts';

/** All kinds with their schemas. For generators and checks; functions import the one kind that they need. */
export const DEFINITIONS: Readonly<Record<Kind, KindDefinition>> = {
  AgentRun: agentRunDefinition,
  SympoziumInstance: sympoziumInstanceDefinition,
  SkillPack: skillPackDefinition,
  SympoziumPolicy: sympoziumPolicyDefinition,
  PersonaPack: personaPackDefinition,
  SympoziumSchedule: sympoziumScheduleDefinition,
  MCPServer: mcpServerDefinition,
  SympoziumConfig: sympoziumConfigDefinition,
};
