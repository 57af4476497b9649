import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchTool } from './fetch.ts';
import { isForbidden, readPage } from './fetch-page.ts';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // It listens on TCP.
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const { signal } = new AbortController();
/** As agents have it, but for this machine's own address, which the server of the test is at. */
const tool = fetchTool((page, headers, outer) => readPage(page, headers, outer, () => false));
const read = (more: object = {}) => tool.execute({ url, ...more }, signal);
const say = (type: string, body: string, status = 200) => {
  answer = (_, response) => response.writeHead(status, { 'content-type': type }).end(body);
};

describe('fetch_url', () => {
  it('gives a page as text, with its links and without its scripts', async () => {
    say(
      'text/html; charset=utf-8',
      '<script>x()</script><h1>Prices</h1><p>Tea <a href="/tea">here</a> &amp; now</p><img src="x">',
    );
    const text = await read();
    expect(text).toContain('PRICES');
    expect(text).toContain('Tea here [/tea] & now');
    expect(text).not.toMatch(/x\(\)|src/);
  });

  it('gives JSON as it is, in the charset that it is in, with the headers that were asked for', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=latin1' });
      response.end(Buffer.from(`{"said":"${request.headers['x-key']} caf\u00e9"}`, 'latin1'));
    };
    expect(await read({ headers: { 'x-key': 'k' } })).toBe('{"said":"k café"}');
  });

  it('says what came instead of a page, and how much is missing', async () => {
    say('text/plain', 'nothing here', 404);
    expect(await read()).toBe(`HTTP 404 from ${url}\n\nnothing here`);
    say('text/plain', 'a'.repeat(300));
    expect(await read({ max_chars: 10 })).toBe(`${'a'.repeat(10)}\n(cut: 300 characters in all)`);
    say('text/plain', 'a'.repeat(2_500_000));
    expect(await read({ max_chars: 10 })).toContain('larger than what is read');
    say('image/png', 'x');
    await expect(read()).rejects.toThrow('is image/png, which is no text');
  });

  it('follows redirects, but not for ever, and takes no headers elsewhere', async () => {
    const seen: (string | undefined)[] = [];
    answer = (request, response) => {
      seen.push(request.headers.authorization);
      if (request.url !== '/') response.writeHead(200, { 'content-type': 'text/plain' }).end('found');
      else response.writeHead(302, { location: `${url.replace('127.0.0.1', 'localhost')}there` }).end();
    };
    expect(await read({ headers: { authorization: 'secret' } })).toBe('found');
    expect(seen).toEqual(['secret', undefined]);
    answer = (_, response) => response.writeHead(302, { location: url }).end();
    await expect(read()).rejects.toThrow('redirects more than 5 times');
    answer = (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    await expect(read()).rejects.toThrow('redirects to no web address');
  });

  it('reads nothing of the pod itself, nor where clouds give out keys, by whatever name', async () => {
    const strict = fetchTool();
    say('text/plain', 'the keys');
    for (const address of [url, url.replace('127.0.0.1', 'localhost'), 'http://169.254.169.254/latest/meta-data/']) {
      await expect(strict.execute({ url: address }, signal)).rejects.toThrow('which agents do not read');
    }
    const forbidden = [
      '127.9.9.9',
      '0.0.0.0',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:a9fe:a9fe',
      'fe80::1',
      'fd00:ec2::254',
    ];
    expect(forbidden.filter((address) => !isForbidden(address))).toEqual([]);
    expect(['10.0.0.1', '93.184.216.34', '2001:db8::1'].filter(isForbidden)).toEqual([]);
  });

  it('says what could not be reached, and refuses what is no web address', async () => {
    await expect(tool.execute({ url: 'http://127.0.0.1:9/' }, signal)).rejects.toThrow('cannot be read');
    await expect(tool.execute({ url: 'file:///etc/passwd' }, signal)).rejects.toThrow();
  });
});
