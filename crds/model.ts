import * as z from 'zod';
import { objectName, stringMap, text } from './meta.ts';

/** The model of a run, its address and its key. */
export const ModelSchema = z.object({
  provider: text().describe('provider of the model, such as openai, anthropic or ollama.'),
  model: text().describe('model is the name that the provider knows it by.'),
  baseURL: text(8192).optional().describe('baseURL of an OpenAI-compatible endpoint.'),
  thinking: text().optional().describe('thinking is off, low, medium or high by convention.'),
  authSecretRef: objectName().describe('authSecretRef names the Secret with the key; empty where none is needed.'),
  nodeSelector: stringMap(256, 63).optional().describe('nodeSelector of the pods, such as nodes that serve the model.'),
});
export type Model = z.output<typeof ModelSchema>;
