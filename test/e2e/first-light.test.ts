import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { createSession, run, type Session } from './session.ts';

let session: Session;

beforeAll(async () => {
  session = await createSession();
  await session.start();
}, 180_000);
afterAll(() => session.remove(), 60_000);

interface Run {
  metadata: { name: string; uid: string };
  status: {
    phase: string;
    result?: string;
    podName?: string;
    conditions?: { type: string; reason: string; message: string }[];
  };
}
type Standing = KubeObject & { status?: { conditions?: { reason: string }[] } };
const parse = <T>(text: string): T => JSON.parse(text) as T;
/** Processes that mention the session's folder: what a start left behind, if anything. */
const processes = (): string[] =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(session.folder));

describe('npm start', () => {
  it('says where it is and what to try', () => {
    expect(session.output()).toContain(`http://127.0.0.1:${session.port}`);
    expect(session.output()).toContain('npx sympozium run');
    expect(session.output()).toContain('kubectl --kubeconfig');
  });

  it('has the built-in skills and policies ready, and the packs in the catalogue', async () => {
    const kube = session.kube();
    const states = async (kind: 'SkillPack' | 'SympoziumPolicy' | 'PersonaPack') => {
      const { items } = await kube.list<Standing>(KINDS[kind], { namespace: 'sympozium-system' });
      return items.map(({ status }) => status?.conditions?.[0]?.reason);
    };
    await expect.poll(() => states('SkillPack'), { timeout: 20_000 }).toEqual(Array(10).fill('Published'));
    await expect.poll(() => states('SympoziumPolicy'), { timeout: 20_000 }).toEqual(Array(3).fill('Enforced'));
    await expect.poll(() => states('PersonaPack'), { timeout: 20_000 }).toEqual(Array(5).fill('Disabled'));
  });

  it('answers a task that lists and writes files', async () => {
    const { code, stdout, stderr } = await session.client(
      'run',
      'Which files are in /workspace? Write a haiku about them to haiku.txt.',
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout.trim().split('\n').length).toBeGreaterThan(2);
    expect(stderr).toContain('list_directory');
    expect(stderr).toContain('write_file');
  });

  it('makes a schedule that an agent asks for, and tells the agent so [CTL-088] [CTL-WT4]', async () => {
    const wish = { action: 'create', name: 'tidy', schedule: '0 9 * * mon', task: 'Tidy up.' };
    const task = `[[call: schedule_task ${JSON.stringify(wish)}]][[say: asked]]`;
    const { code, stderr } = await session.client('run', task);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('schedule_task') });
    const kube = session.kube();
    const made = await kube.get(KINDS.SympoziumSchedule, { namespace: 'default', name: 'default-tidy' });
    expect(made).toMatchObject({ spec: { schedule: '0 9 * * mon', task: 'Tidy up.' } });
  });

  it('exits 1 with reason and message when the run fails', async () => {
    const { code, stderr } = await session.client('run', '[[fail: the model is out of paper]]');
    expect(code).toBe(1);
    expect(stderr).toContain('the model is out of paper');
  });

  it('remembers from run to run with the skill memory', async () => {
    const fact = '[[call: memory_store {"content":"The pager number is 4711","tags":["ops"]}]][[say: noted]]';
    expect(await session.client('run', '--skill', 'memory', fact)).toMatchObject({ code: 0 });
    const question = '[[call: memory_search {"query":"which pager number?"}]][[say: looked]]';
    const { code, stderr } = await session.client('run', '--skill', 'memory', question);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('memory_search') });
    expect(existsSync(join(session.folder, 'memory/instance/default/default.db'))).toBe(true);
  });

  it('runs commands through the skill sidecar', async () => {
    const { code, stdout } = await session.client(
      'run',
      '--skill',
      'shell',
      '[[call: execute_command {"command":"echo $((6*7))"}]]',
    );
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain('42');
  });

  it('lists, shows and deletes runs', async () => {
    const created = await session.client('run', '--json', '[[say: soon gone]]');
    const { metadata } = parse<Run>(created.stdout);
    const listed = parse<Run[]>((await session.client('runs', '--json')).stdout);
    expect(listed.map((one) => one.metadata.name)).toContain(metadata.name);
    expect(parse<Run>((await session.client('get', metadata.name, '--json')).stdout).status).toMatchObject({
      phase: 'Succeeded',
      result: 'soon gone',
    });
    expect((await session.client('logs', metadata.name)).stdout).toContain('__SYMPOZIUM_RESULT__');
    expect((await session.client('delete', metadata.name)).code).toBe(0);
    expect((await session.client('get', metadata.name)).code).toBe(1);
  });

  it('serves an unmodified kubectl', async () => {
    const kubectl = (...args: string[]) =>
      run('kubectl', ['--kubeconfig', join(session.folder, 'cluster/kubeconfig'), ...args]);
    const listed = await kubectl('get', 'agentruns');
    expect(listed.stdout).toMatch(/^NAME\s+INSTANCE\s+PHASE\s+POD\s+AGE/);
    expect((await kubectl('explain', 'agentrun.spec.task')).stdout).toContain('task');
    expect((await kubectl('describe', 'sympoziuminstance', 'default')).stdout).toContain('Kind:');
  });

  it('says that one runs already when it is started twice', async () => {
    const second = await run('npm', ['start', '--', '--folder', session.folder, '--port', String(session.port)]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('runs already');
  });

  it('says what to do when its port is taken', async () => {
    const other = await createSession();
    const { code, stderr } = await run('npm', [
      'start',
      '--',
      '--folder',
      other.folder,
      '--port',
      String(session.port),
    ]);
    await other.remove();
    expect(code).toBe(1);
    expect(stderr).toContain('--port');
  });

  it('keeps its state over a restart, ends every process, and finishes what was under way', async () => {
    const kept = parse<Run>((await session.client('run', '--json', '[[say: kept]]')).stdout);
    const slow = parse<Run>((await session.client('run', '--detach', '--json', '[[stall: 3s]] [[say: late]]')).stdout);
    await session.stop();
    await expect.poll(processes, { timeout: 30_000, interval: 200 }).toEqual([]);

    await session.start();
    const after = parse<Run>((await session.client('get', kept.metadata.name, '--json')).stdout);
    expect(after).toMatchObject({ metadata: { uid: kept.metadata.uid }, status: { result: 'kept' } });
    await expect
      .poll(async () => parse<Run>((await session.client('get', slow.metadata.name, '--json')).stdout).status.phase, {
        timeout: 60_000,
        interval: 1000,
      })
      .toMatch(/^(Succeeded|Failed)$/);
  });

  it('begins anew with --fresh', async () => {
    await session.stop();
    await expect.poll(processes, { timeout: 30_000, interval: 200 }).toEqual([]);
    await session.start('--fresh');
    expect(parse<Run[]>((await session.client('runs', '--json')).stdout)).toEqual([]);
  });
});
