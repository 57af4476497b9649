import * as z from 'zod';

/** What pods are built with, whoever builds them. Nothing of it is fixed in code, so that mirrors and other buses work [RUN-W51]. */
export const podEnvironment = {
  SYMPOZIUM_IMAGE_REGISTRY: z
    .string()
    .default('ghcr.io/sympozium-ai/sympozium')
    .describe('Registry and folder that the images of pods are pulled from.'),
  SYMPOZIUM_IMAGE_TAG: z.string().default('latest').describe('Tag of those images.'),
  POD_EVENT_BUS_URL: z
    .string()
    .default('nats://nats.sympozium-system.svc:4222')
    .describe('Address of NATS as pods reach it.'),
};
