import * as z from 'zod';
import { type Environment, loadConfig } from '../../shared/config/load.ts';
import { policyEnvironment } from '../../shared/policy/floor.ts';

export const AdmitEnvironmentSchema = z.object(policyEnvironment);

export type AdmitConfig = z.output<typeof AdmitEnvironmentSchema>;

export const loadAdmitConfig = (env: Environment): AdmitConfig => loadConfig(AdmitEnvironmentSchema, env);
