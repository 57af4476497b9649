import * as z from 'zod';
import { list, mapOf, quantity, quantityText, text } from './meta.ts';

/** Requests and limits as plain strings, as the sandboxes of this API have them. */
export const StringResourcesSchema = z.object({
  requests: mapOf(quantityText(), 64).optional().describe('requests are the resources set aside, by name.'),
  limits: mapOf(quantityText(), 64).optional().describe('limits are the most of each resource, by name.'),
});

/** `core/v1` ResourceRequirements. */
export const ResourceRequirementsSchema = z.object({
  requests: mapOf(quantity(), 64).optional().describe('requests are the resources set aside, by name.'),
  limits: mapOf(quantity(), 64).optional().describe('limits are the most of each resource, by name.'),
  claims: list(
    z.object({
      name: text().describe("name of an entry of the pod's resourceClaims."),
      request: text().optional().describe('request within the claim; all of it when empty.'),
    }),
  )
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional()
    .describe('claims are resource claims of the pod that the container uses.'),
});
