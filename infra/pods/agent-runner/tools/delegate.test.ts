import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readJsonIfComplete } from '../../ipc/files.ts';
import { aPod, eventually, memoryLog, type PodFolders } from '../../ipc/fixtures.ts';
import { loadConfig } from '../config.ts';
import { buildTools } from './registry.ts';

async function delegate(pod: PodFolders, input: object, { env = {}, startedAt = Date.now() } = {}) {
  const context = { config: loadConfig(env), paths: pod.paths, log: memoryLog(), startedAt };
  const tool = (await buildTools(context)).find(({ name }) => name === 'delegate_to_persona');
  if (tool === undefined) throw new Error('The tool is not offered');
  return tool.execute(input, new AbortController().signal);
}

async function requestIn(pod: PodFolders): Promise<{ id: string }> {
  const folder = pod.paths.toHost('/ipc/spawn');
  return eventually(async () => {
    const [name] = await readdir(folder);
    return name === undefined ? undefined : ((await readJsonIfComplete(`${folder}/${name}`)) as { id: string });
  });
}

const answer = (pod: PodFolders, data: object) =>
  writeFile(pod.paths.toHost(`/ipc/input/answer-${Math.random()}.json`), JSON.stringify(data));

describe('delegate_to_persona', () => {
  it('asks for a run and gives its answer, whatever else is said to the agent meanwhile [CTL-WD1]', async () => {
    const pod = await aPod();
    const env = { PERSONA_PACK_NAME: 'research-team' };
    const told = delegate(pod, { task: 'Write.', targetPersona: 'writer' }, { env });
    const request = await requestIn(pod);
    expect(request).toMatchObject({
      task: 'Write.',
      targetPersona: 'writer',
      packName: 'research-team',
      agentId: 'default',
    });
    await answer(pod, { text: 'Hurry.' });
    await answer(pod, { id: 'another', ok: true, message: 'No.' });
    await answer(pod, { id: request.id, ok: true, message: 'Written.' });
    expect(await told).toBe('Written.');
  });

  it('says why there is no answer', async () => {
    const pod = await aPod();
    const told = delegate(pod, { task: 'Write.' });
    const { id } = await requestIn(pod);
    const expected = expect(told).rejects.toThrow('The other agent did not do it: sub-agent depth 3 exceeds max 2');
    await answer(pod, { id, ok: false, message: 'sub-agent depth 3 exceeds max 2' });
    await expected;
  });

  it('waits as long as it is told or its run has time, and no longer [RUN-W29]', async () => {
    await expect(delegate(await aPod(), { task: 'Write.', timeout: 0.1 })).rejects.toThrow('has not answered in time');
    const late = { env: { RUN_TIMEOUT: '10m' }, startedAt: Date.now() - 575_000 };
    await expect(delegate(await aPod(), { task: 'Write.' }, late)).rejects.toThrow('has not answered in time');
  });

  it('is not offered to a run that may not use it', async () => {
    await expect(
      delegate(await aPod(), { task: 'x' }, { env: { TOOLS_DENY: 'delegate_to_persona' } }),
    ).rejects.toThrow();
  });
});
