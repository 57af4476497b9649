import { describe, expect, it } from 'vitest';
import { parseServers, secretsOf } from './config.ts';

const SERVER = { name: 'wiki', url: 'http://wiki.team.svc:8080', toolsPrefix: 'wiki' };
const parse = (servers: object[], env: Record<string, string> = {}) => parseServers(JSON.stringify({ servers }), env);

describe('the configuration of the bridge', () => {
  it('is YAML, with a time-out of 90 s where none above zero is given', () => {
    const text = 'servers:\n- name: wiki\n  url: http://wiki.team.svc:8080\n  toolsPrefix: wiki\n  timeout: 0\n';
    expect(parseServers(text, {})).toEqual([
      { ...SERVER, timeoutMs: 90_000, headers: {}, toolsAllow: [], toolsDeny: [] },
    ]);
  });

  it.each([
    ['duplicate names', [SERVER, { ...SERVER, toolsPrefix: 'b' }], 'servers[1].name: must be unique'],
    ['duplicate prefixes', [SERVER, { ...SERVER, name: 'b' }], 'servers[1].toolsPrefix: must be unique'],
    ['stdio', [{ ...SERVER, transport: 'stdio' }], 'servers[0].transport: must be streamable-http'],
    ['mtls', [{ ...SERVER, auth: { type: 'mtls', secretKey: 'T' } }], 'servers[0].auth.type: must be bearer or header'],
    [
      'a header without a name',
      [{ ...SERVER, auth: { type: 'header', secretKey: 'T' } }],
      'auth.headerName: must name',
    ],
    ['auth without a token', [{ ...SERVER, auth: { type: 'bearer' } }], 'auth.secretKey: must name'],
    ['no name', [{ ...SERVER, name: '' }], 'servers[0].name: must be set'],
    ['no prefix', [{ name: 'a', url: SERVER.url }], 'servers[0].toolsPrefix: must be set'],
    ['a relative address', [{ ...SERVER, url: '/mcp' }], 'servers[0].url: must be an absolute'],
    ['another scheme', [{ ...SERVER, url: 'ftp://a/b' }], 'servers[0].url: must be an http'],
    ['a password in the address', [{ ...SERVER, url: 'http://u:hunter22@a/' }], 'must hold no user or password'],
  ])('is refused, naming the field, with %s [CTL-135]', (_, servers, message) => {
    expect(() => parse(servers)).toThrow(message);
    expect(() => parse(servers)).not.toThrow('hunter22');
  });

  it('is refused without showing it when it is no YAML', () => {
    expect(() => parseServers('a: [hunter22', {})).toThrow(/^the file is not YAML$/);
  });

  it('takes the token from the variable that either key names, without the line end of its Secret [CTL-WM1]', () => {
    const auth = (given: object) => parse([{ ...SERVER, auth: given }], { TOKEN: 'tok-12345\n' })[0]?.auth;
    const bearer = { header: 'Authorization', scheme: 'Bearer ', variable: 'TOKEN', token: 'tok-12345' };
    expect(auth({ type: 'bearer', tokenEnv: 'TOKEN' })).toEqual(bearer);
    expect(auth({ type: 'bearer', secretKey: 'TOKEN', tokenEnv: 'TOKEN' })).toEqual(bearer);
    expect(auth({ type: 'header', secretKey: 'TOKEN', headerName: 'X-Key' })).toMatchObject({
      header: 'X-Key',
      scheme: '',
      token: 'tok-12345',
    });
  });

  it('knows what is secret: tokens, and headers that look like it', () => {
    const headers = { 'X-Api-Key': 'key-12345', Accept: 'text/plain' };
    const auth = { type: 'bearer', secretKey: 'TOKEN' };
    expect(secretsOf(parse([{ ...SERVER, auth, headers }], { TOKEN: 'tok-12345' }))).toEqual([
      'tok-12345',
      'key-12345',
    ]);
  });
});
