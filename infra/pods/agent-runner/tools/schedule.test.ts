import { readdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readJsonIfComplete } from '../../ipc/files.ts';
import { aPod, eventually, memoryLog, type PodFolders } from '../../ipc/fixtures.ts';
import { loadConfig } from '../config.ts';
import { scheduleTool } from './schedule.ts';

const SIGNAL = new AbortController().signal;
const CREATE = { action: 'create', name: 'tidy', schedule: '@daily', task: 'Tidy up.' };

const toolIn = (pod: PodFolders) =>
  scheduleTool({ config: loadConfig({}), paths: pod.paths, log: memoryLog(), startedAt: Date.now() });

/** The request that the tool wrote, once it is there. */
const requestIn = (pod: PodFolders) =>
  eventually(async () => {
    const [name] = await readdir(pod.paths.toHost('/ipc/schedules'));
    return name && ((await readJsonIfComplete(pod.paths.toHost(`/ipc/schedules/${name}`))) as { id: string });
  });

const reply = (pod: PodFolders, name: string, content: object) =>
  writeFile(pod.paths.toHost(`/ipc/input/${name}.json`), JSON.stringify(content));

it('asks for a schedule, and says what was answered to just that request [CTL-WT4]', async () => {
  const pod = await aPod();
  await reply(pod, 'answer-earlier', { id: 'another', ok: false, message: 'not yours' });
  const said = toolIn(pod).execute(CREATE, SIGNAL);
  const { id, ...request } = (await requestIn(pod)) as { id: string };
  expect(request).toEqual(CREATE);
  await reply(pod, 'answer-now', { id, ok: true, message: 'It is made.' });
  expect(await said).toBe('It is made.');
});

it('fails with the reason when the request was refused [CTL-WT4]', async () => {
  const pod = await aPod();
  const said = toolIn(pod).execute(CREATE, SIGNAL);
  const refused = expect(said).rejects.toThrow('too often');
  const { id } = (await requestIn(pod)) as { id: string };
  await reply(pod, 'answer-1', { id, ok: false, message: 'too often' });
  await refused;
});

it.each([
  [{ action: 'create', name: 'tidy', task: 't' }, 'create needs schedule and task'],
  [{ action: 'update', name: 'tidy' }, 'update needs schedule or task'],
])('asks nothing by %j', async (input, says) => {
  const pod = await aPod();
  await expect(toolIn(pod).execute(input, SIGNAL)).rejects.toThrow(says);
  expect(await readdir(pod.paths.toHost('/ipc/schedules'))).toEqual([]);
});
