import { access, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aPod, eventually, type PodFolders } from '../ipc/fixtures.ts';
import { aBridge, anMcpServer, call, discovered, NOBODY, request, resultOf, said } from './fixtures.ts';
import { registeredName } from './offered-tools.ts';

const K8S = ['get_pods', 'get_nodes', 'delete_pod'];
const names = (tools: { name: string }[]) => tools.map(({ name }) => name);
const leftovers = async (pod: PodFolders) =>
  (await readdir(pod.paths.toHost('/ipc/tools'))).filter((name) => !/^mcp-(tools|result)/.test(name));

describe('discovery', () => {
  it.each([{ toolsAllow: ['get_pods', 'get_nodes'] }, { toolsDeny: ['delete_pod'] }])(
    'offers what %j leaves over, under the prefix [CTL-131]',
    async (lists) => {
      const { url } = await anMcpServer({ tools: K8S });
      const tools = await discovered(await aPod(), [{ name: 'k', url, toolsPrefix: 'k8s', timeout: 7, ...lists }]);
      expect(names(tools)).toEqual(['k8s_get_nodes', 'k8s_get_pods']);
      expect(tools[0]).toEqual({
        name: 'k8s_get_nodes',
        description: 'Does get_nodes',
        server: 'k',
        timeout: 7,
        inputSchema: { type: 'object' },
      });
    },
  );

  it('leaves out what the policy of the run denies [CTL-WA2]', async () => {
    const { url } = await anMcpServer({ tools: K8S });
    const tools = await discovered(await aPod(), [{ name: 'k', url, toolsPrefix: 'k8s' }], {
      TOOLS_ALLOW: 'k8s_get_pods,k8s_delete_pod',
      TOOLS_DENY: 'k8s_delete_pod',
    });
    expect(names(tools)).toEqual(['k8s_get_pods']);
  });

  it('asks all servers at once, so that dead ones cost their time once and hide nothing [CTL-132] [RUN-W57]', async () => {
    const { url } = await anMcpServer();
    const dead = [1, 2, 3, 4, 5].map((n) => ({ name: `dead${n}`, url: NOBODY, toolsPrefix: `dead${n}` }));
    const startedAt = Date.now();
    const tools = await discovered(await aPod(), [...dead, { name: 'live', url, toolsPrefix: 'live' }]);
    expect(names(tools)).toEqual(['live_echo']);
    // One connection is tried for 0.8 s here.
    expect(Date.now() - startedAt).toBeLessThan(2400);
  });

  it.each([true, false])('reads every page of a list, introducing itself first (JSON: %s) [CTL-WM7]', async (json) => {
    const tools = Array.from({ length: 25 }, (_, n) => `tool_${String(n).padStart(2, '0')}`);
    const { url } = await anMcpServer({ tools, page: 10, json });
    const found = await discovered(await aPod(), [{ name: 'a', url, toolsPrefix: 'p' }]);
    expect(names(found)).toEqual(tools.map((name) => `p_${name}`));
  });

  it('gives a name that two servers could have to the longer prefix, whatever their order [CTL-WM8]', async () => {
    const short = await anMcpServer({ tools: ['hub_find', 'log'] });
    const long = await anMcpServer({ tools: ['find'] });
    const servers = [
      { name: 'git', url: short.url, toolsPrefix: 'git' },
      { name: 'hub', url: long.url, toolsPrefix: 'git_hub' },
    ];
    for (const order of [servers, servers.toReversed()]) {
      const pod = await aPod();
      const tools = await discovered(pod, order);
      expect(tools.map(({ name, server }) => [name, server])).toEqual([
        ['git_hub_find', 'hub'],
        ['git_log', 'git'],
      ]);
      await aBridge(pod, order);
      await call(pod, { tool: 'git_hub_find' });
    }
    expect(long.calls).toHaveLength(2);
    expect(short.calls).toEqual([]);
  });

  it('leaves no name that a model provider would refuse', () => {
    expect(registeredName('docs', 'find.page/all')).toBe('docs_find_page_all');
    const long = [registeredName('p', 'x'.repeat(80)), registeredName('p', 'x'.repeat(81))];
    for (const name of long) expect(name).toMatch(/^p_x+_[0-9a-f]{8}$/);
    expect(long.map(({ length }) => length)).toEqual([64, 64]);
    expect(long[0]).not.toBe(long[1]);
  });

  it.each(['servers: []', '', undefined])(
    'ends well, with an empty manifest, without servers: %j [CTL-136]',
    async (text) => {
      const pod = await aPod();
      const path = { MCP_CONFIG_PATH: '/tmp/other.yaml' };
      if (text !== undefined) await writeFile(pod.paths.toHost('/tmp/other.yaml'), text);
      expect(await discovered(pod, [], path)).toEqual([]);
      await expect((await aBridge(pod, [], path)).ended).resolves.toBeUndefined();
    },
  );
});

describe('calls', () => {
  it('are answered with what the server said, and the request is taken away', async () => {
    const pod = await aPod();
    const { url, calls } = await anMcpServer({ call: (_, input) => said(`got ${JSON.stringify(input)}`) });
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p' }]);
    const result = await call(pod, { server: 'a', tool: 'p_echo', arguments: { x: 1 } });
    expect(result).toEqual({ id: expect.any(String), success: true, content: [{ type: 'text', text: 'got {"x":1}' }] });
    expect(calls).toEqual([{ tool: 'echo', input: { x: 1 } }]);
    await expect.poll(() => leftovers(pod)).toEqual([]);
  });

  it('from before the bridge started are carried out once each, also while another server is dead [CTL-WM2] [RUN-W57]', async () => {
    const pod = await aPod();
    const { url, calls } = await anMcpServer();
    const ids = [];
    for (let n = 0; n < 25; n += 1) ids.push(await request(pod, { tool: 'p_echo', arguments: { n } }));
    const startedAt = Date.now();
    await aBridge(pod, [
      { name: 'dead', url: NOBODY, toolsPrefix: 'dead' },
      { name: 'a', url, toolsPrefix: 'p' },
    ]);
    await resultOf(pod, ids[0] ?? '');
    expect(Date.now() - startedAt).toBeLessThan(600);
    for (const id of ids) expect((await resultOf(pod, id)).success).toBe(true);
    await expect.poll(() => leftovers(pod)).toEqual([]);
    expect(calls.map(({ input }) => (input as { n: number }).n).sort((a, b) => a - b)).toEqual([...ids.keys()]);
  });

  it('of a filtered tool are not made, also when fifty ask for it by the name of its server [CTL-133] [CTL-WA2]', async () => {
    const pod = await aPod();
    const { url, calls } = await anMcpServer({ tools: K8S });
    await aBridge(pod, [{ name: 'k', url, toolsPrefix: 'k8s', toolsDeny: ['delete_pod'] }], {
      TOOLS_DENY: 'k8s_get_nodes',
    });
    const ids = [];
    for (let n = 0; n < 50; n += 1) {
      ids.push(await request(pod, { server: 'k', tool: n % 2 ? 'k8s_delete_pod' : 'k8s_get_nodes' }));
    }
    for (const id of ids) {
      expect(await resultOf(pod, id)).toMatchObject({ success: false, error: expect.stringContaining('filtered') });
    }
    await expect.poll(() => leftovers(pod)).toEqual([]);
    expect(calls).toEqual([]);
  });

  it.each([
    [{ tool: 'x_y' }, 'no MCP server found for tool "x_y"'],
    [{ tool: 'p_echo', server: 'b' }, 'MCP server "b" not connected'],
    [{ tool: 'dead_y' }, 'MCP server "dead" not connected: fetch failed'],
    [{ tool: 7 }, 'invalid request JSON'],
  ])('that cannot be made are answered with the reason: %j', async (wanted, error) => {
    const pod = await aPod();
    const { url } = await anMcpServer();
    await aBridge(pod, [
      { name: 'a', url, toolsPrefix: 'p' },
      { name: 'dead', url: NOBODY, toolsPrefix: 'dead' },
    ]);
    const result = await call(pod, wanted);
    expect(result.success).toBe(false);
    expect(result.error).toContain(error);
  });

  it('that are no JSON are answered once they can no longer be half written', async () => {
    const pod = await aPod();
    await aBridge(pod, [{ name: 'a', url: (await anMcpServer()).url, toolsPrefix: 'p' }]);
    await writeFile(pod.paths.toHost('/ipc/tools/mcp-request-bad.json'), '{"tool":');
    expect(await resultOf(pod, 'bad')).toEqual({ id: 'bad', success: false, error: 'invalid request JSON' });
  });

  it('written as a link to another file are not read', async () => {
    const pod = await aPod();
    const { url, calls } = await anMcpServer();
    await writeFile(pod.paths.toHost('/tmp/call.json'), '{"tool":"p_echo"}');
    await symlink(pod.paths.toHost('/tmp/call.json'), pod.paths.toHost('/ipc/tools/mcp-request-link.json'));
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p' }]);
    expect((await resultOf(pod, 'link')).error).toBe('a request must be a plain file');
    expect(calls).toEqual([]);
  });

  it('that an earlier life of the bridge began are not made again', async () => {
    const pod = await aPod();
    const { url, calls } = await anMcpServer();
    const [begun, done] = [await request(pod, { tool: 'p_echo' }), await request(pod, { tool: 'p_echo' })];
    await mkdir(pod.paths.toHost(`/ipc/tools/.claim-mcp-${begun}`));
    await writeFile(pod.paths.toHost(`/ipc/tools/mcp-result-${done}.json`), '{"id":"done","success":true}');
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p' }]);
    expect((await resultOf(pod, begun)).error).toContain('restarted during this call');
    await expect.poll(() => leftovers(pod)).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('survive a restart of the server [CTL-WM7]', async () => {
    const pod = await aPod();
    const server = await anMcpServer();
    await aBridge(pod, [{ name: 'a', url: server.url, toolsPrefix: 'p' }]);
    expect((await call(pod, { tool: 'p_echo' })).success).toBe(true);
    server.restart();
    expect((await call(pod, { tool: 'p_echo' })).success).toBe(true);
    expect(server.calls).toHaveLength(2);
  });

  it('are at most ten at once', async () => {
    const pod = await aPod();
    let running = 0;
    let most = 0;
    const { url } = await anMcpServer({
      call: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 50));
        running -= 1;
        return said('ok');
      },
    });
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p' }]);
    const ids = await Promise.all(Array.from({ length: 30 }, () => request(pod, { tool: 'p_echo' })));
    for (const id of ids) expect((await resultOf(pod, id)).success).toBe(true);
    expect(most).toBe(10);
  });
});

describe('answers', () => {
  const answer = async (options: Parameters<typeof anMcpServer>[0], timeout = 5) => {
    const pod = await aPod();
    const { url } = await anMcpServer(options);
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p', timeout }]);
    return call(pod, { tool: 'p_echo' });
  };

  it.each([true, false])('of more than 1 MiB fail the call, at once (JSON: %s) [CTL-134]', async (json) => {
    const startedAt = Date.now();
    const result = await answer({ json, call: () => said('x'.repeat(1024 * 1024)) });
    expect(result).toMatchObject({ success: false, error: expect.stringContaining('larger than 1048576 bytes') });
    expect(Date.now() - startedAt).toBeLessThan(3000);
    expect((await answer({ json, call: () => said('x'.repeat(1_000_000)) })).success).toBe(true);
  });

  it('that break off fail the call at once', async () => {
    const broken = new Response('event: message\ndata: {"jsonrpc"', {
      headers: { 'content-type': 'text/event-stream' },
    });
    const result = await answer({ intercept: ({ method }) => (method === 'tools/call' ? broken : undefined) });
    expect(result).toMatchObject({ success: false, error: expect.stringContaining('ended its answer early') });
  });

  it('are read without a content type, and only when their id is that of the request [CTL-WM7]', async () => {
    const text = ({ id }: { id?: unknown }, said: string) =>
      JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: said }] } });
    const plain = (body: string) => new Response(body, { headers: { 'content-type': 'text/plain' } });
    const calls = (make: (body: { id?: unknown }) => Response) => (body: { method?: string; id?: unknown }) =>
      body.method === 'tools/call' ? make(body) : undefined;
    expect(await answer({ intercept: calls((body) => plain(text(body, 'mine'))) })).toMatchObject({ success: true });
    const events = calls((body) => plain(`data: ${text({ id: 9999 }, 'not mine')}\n\ndata: ${text(body, 'mine')}\n\n`));
    expect((await answer({ intercept: events })).content).toEqual([{ type: 'text', text: 'mine' }]);
  });

  it('that do not come in time fail the call', async () => {
    const result = await answer({ call: () => new Promise(() => undefined) }, 0.3);
    expect(result).toMatchObject({ success: false, error: expect.stringContaining('timed out') });
  });

  it('keep what is no text, and say what it is [CTL-WM7]', async () => {
    const data = Buffer.from('12345').toString('base64');
    const result = await answer({
      call: () => ({
        content: [
          { type: 'image', data, mimeType: 'image/png' },
          { type: 'resource', resource: { uri: 'file:///a', text: 'its text' } },
          { type: 'resource', resource: { uri: 'file:///b', blob: data } },
          { type: 'resource_link', uri: 'file:///c', name: 'c' },
        ],
      }),
    });
    expect(result.content?.map(({ text }) => text)).toEqual([
      '[image: image/png, 5 bytes]',
      'its text',
      '[resource: file:///b, binary, 5 bytes]',
      '[resource: file:///c]',
    ]);
    expect(result.content?.[0]).toMatchObject({ type: 'image', data });
  });

  it('that are structured only are given as JSON', async () => {
    const result = await answer({ call: () => ({ content: [], structuredContent: { n: 1 } }) });
    expect(result.content).toEqual([{ type: 'text', text: '{"n":1}' }]);
  });

  it('that report an error keep what they say of it', async () => {
    const content = [
      { type: 'text' as const, text: '' },
      { type: 'text' as const, text: 'no such page' },
    ];
    expect(await answer({ call: () => ({ isError: true, content }) })).toMatchObject({
      success: false,
      isError: true,
      error: 'no such page',
      content,
    });
  });
});

describe('a token', () => {
  const token = 'tok-canary-12345';
  const auth = { type: 'bearer', tokenEnv: 'MCP_AUTH_A', secretKey: 'MCP_AUTH_A' };

  it('reaches the server from the variable, and nobody else: no log, result or manifest [CTL-WM1]', async () => {
    const pod = await aPod();
    const { url } = await anMcpServer({ token, about: ` as ${token}`, call: () => said(`your token is ${token}`) });
    const servers = [{ name: 'a', url, toolsPrefix: 'p', auth }];
    const [tool] = await discovered(pod, servers, { MCP_AUTH_A: token });
    expect(tool).toMatchObject({ name: 'p_echo', description: 'Does echo as [redacted]' });
    const bridge = await aBridge(pod, servers, { MCP_AUTH_A: token });
    expect((await call(pod, { tool: 'p_echo' })).content?.[0]?.text).toBe('your token is [redacted]');

    const wrong = await aPod();
    const refused = await aBridge(wrong, servers, { MCP_AUTH_A: `${token}-wrong` });
    expect((await call(wrong, { tool: 'p_echo' })).error).toContain('wrong token: Bearer [redacted]');
    expect([...bridge.lines, ...refused.lines].join('\n')).not.toContain(token);
  });

  it('can go in a header of any name, and a header of the configuration comes before it', async () => {
    const { url, headers } = await anMcpServer();
    const inHeader = { ...auth, type: 'header', headerName: 'X-Key' };
    const env = { MCP_AUTH_A: token, TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await discovered(
      await aPod(),
      [{ name: 'a', url, toolsPrefix: 'p', auth: inHeader, headers: { 'X-Team': 'core' } }],
      env,
    );
    expect(headers.map((all) => [all.get('x-key'), all.get('x-team'), all.get('traceparent')])).toContainEqual([
      token,
      'core',
      env.TRACEPARENT,
    ]);
    headers.length = 0;
    await discovered(
      await aPod(),
      [{ name: 'a', url, toolsPrefix: 'p', auth, headers: { authorization: 'own' } }],
      env,
    );
    expect(headers[0]?.get('authorization')).toBe('own');
  });

  it('that is missing keeps the bridge from asking without it', async () => {
    const pod = await aPod();
    const { url, headers } = await anMcpServer();
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p', auth }]);
    expect((await call(pod, { tool: 'p_echo' })).error).toContain('the token is missing: MCP_AUTH_A is empty');
    expect(headers).toEqual([]);
  });
});

describe('the end', () => {
  it.each(['/ipc/output/result.json', '/ipc/done'])(
    'comes with %s, after the calls that are under way',
    async (path) => {
      const pod = await aPod();
      let finish: () => void = () => undefined;
      const server = await anMcpServer({
        call: () => new Promise((resolve) => (finish = () => resolve(said('late')))),
      });
      const { ended } = await aBridge(pod, [{ name: 'a', url: server.url, toolsPrefix: 'p' }]);
      const id = await request(pod, { tool: 'p_echo' });
      await eventually(() => server.calls.length === 1);
      await writeFile(pod.paths.toHost(path), '{}');
      setTimeout(finish, 300);
      await ended;
      expect((await resultOf(pod, id)).content?.[0]?.text).toBe('late');
    },
  );

  it('comes when it is stopped, after the calls that are under way, and ends the session at the server too [CTL-WM7]', async () => {
    const pod = await aPod();
    const server = await anMcpServer({
      call: () => new Promise((resolve) => setTimeout(() => resolve(said('late')), 300)),
    });
    const bridge = await aBridge(pod, [{ name: 'a', url: server.url, toolsPrefix: 'p' }]);
    const id = await request(pod, { tool: 'p_echo' });
    await eventually(() => server.calls.length === 1);
    bridge.stop();
    await bridge.ended;
    expect((await resultOf(pod, id)).success).toBe(true);
    expect(server.methods.at(-1)).toBe('DELETE');
    // Nothing is left out, and nothing that is over gets cancelled.
    expect(server.messages).toEqual(['initialize', 'notifications/initialized', 'tools/list', 'tools/call']);
  });

  it('writes the manifest itself when nobody did before', async () => {
    const pod = await aPod();
    const { url } = await anMcpServer();
    await aBridge(pod, [{ name: 'a', url, toolsPrefix: 'p' }]);
    const path = pod.paths.toHost('/ipc/tools/mcp-tools.json');
    await eventually(() =>
      access(path).then(
        () => true,
        () => false,
      ),
    );
    expect(JSON.parse(await readFile(path, 'utf8')).tools).toHaveLength(1);
  });
});
