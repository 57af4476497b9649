import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageName, programImages } from './images.ts';

describe('imageName', () => {
  it.each([
    ['agent-runner', 'agent-runner'],
    ['ghcr.io/team/agent-runner:v1', 'agent-runner'],
    ['registry.example:5000/agent-runner', 'agent-runner'],
    ['registry.example:5000/agent-runner:v1@sha256:abc', 'agent-runner'],
    ['busybox:1.36', 'busybox'],
  ])('takes the last part of %s', (image, name) => {
    expect(imageName(image)).toBe(name);
  });
});

describe('programImages', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'images-'));
    mkdirSync(join(root, 'pods'));
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    for (const name of ['agent-runner', 'skill-executor', 'skill-special'])
      writeFileSync(join(root, 'pods', `${name}.js`), '');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const images = () =>
    programImages({
      programs: join(root, 'pods'),
      names: ['agent-runner', 'mcp-bridge', 'skill-*'],
      programFor: { 'skill-*': 'skill-executor' },
      withoutNetwork: ['skill-*'],
      shells: ['busybox'],
    });

  it('runs a program of ours by this Node, with the package that says which modules it uses in sight', () => {
    const resolved = images().resolve('ghcr.io/x/agent-runner:v1');
    expect(resolved?.command).toEqual([process.execPath, join(root, 'pods', 'agent-runner.js')]);
    expect(resolved?.visible?.map(({ source }) => source)).toContain(join(root, 'package.json'));
    expect(resolved?.network).toBe('host');
  });

  it('runs the shared program when an image of a family has none of its own, without a network', () => {
    expect(images().resolve('x/skill-k8s-ops:v2')).toMatchObject({
      command: [process.execPath, join(root, 'pods', 'skill-executor.js')],
      network: 'none',
    });
    expect(images().resolve('x/skill-special:v2')?.command[1]).toBe(join(root, 'pods', 'skill-special.js'));
  });

  it.each(['nginx:1', 'x/agent-runner-evil:v1', 'mcp-bridge:v1'])(
    'knows nothing of %s when there is no program for it',
    (image) => {
      expect(images().resolve(image)).toBeUndefined();
    },
  );
});
