import { expect, it } from 'vitest';
import { anAgentRun, anInstance, aStarting, CONFIG } from '../fixtures.ts';
import { resolve } from './resolve.ts';

const instance = anInstance({
  agents: { default: { model: 'small', toolPolicy: { allow: ['read_file'] } } },
  memory: { enabled: true, maxSizeKB: 256, systemPrompt: 'You are a.' },
});

it("gives a run that says nothing of them the prompt and the tools of its instance's persona [CTL-WX2]", () => {
  expect(resolve(anAgentRun(), instance, aStarting(), CONFIG)).toMatchObject({
    systemPrompt: 'You are a.',
    tools: { allow: ['read_file'] },
  });
});

it('leaves a run its own prompt and tools', () => {
  const run = anAgentRun({ spec: { systemPrompt: 'Mine.', toolPolicy: { allow: ['fetch_url'] } } });
  expect(resolve(run, instance, aStarting(), CONFIG)).toMatchObject({
    systemPrompt: 'Mine.',
    tools: { allow: ['fetch_url'] },
  });
});
