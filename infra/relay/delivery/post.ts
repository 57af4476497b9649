import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { readBody } from '../read-body.ts';

export interface Answer {
  status: number;
  /** Seconds or a date, as the server wrote it. */
  retryAfter: string | undefined;
  body: string;
}

/** A reply is tiny; whoever sends more is not one of our functions. */
const MAX_ANSWER_BYTES = 65_536;

export class PostTimeoutError extends Error {
  override readonly name = 'PostTimeoutError';
}

export type Post = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  timeoutMs: number,
) => Promise<Answer>;

/** POSTs to one base URL over kept-alive connections. Throws `PostTimeoutError`, or what the socket says. */
export function createPost(baseUrl: string): { post: Post; close(): void } {
  const base = new URL(baseUrl);
  const secure = base.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const open = secure ? httpsRequest : httpRequest;

  const post: Post = (path, headers, body, timeoutMs) =>
    new Promise((resolve, reject) => {
      const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
      const all = { ...headers, 'content-type': 'application/cloudevents+json', 'content-length': body.length };
      const request = open(url, { method: 'POST', agent, headers: all });
      const timer = setTimeout(() => request.destroy(new PostTimeoutError('No answer in time')), timeoutMs);
      const settle = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      request.once('error', settle);
      request.once('response', (response) => {
        readAnswer(response).then((answer) => {
          clearTimeout(timer);
          resolve(answer);
        }, settle);
      });
      request.end(body);
    });
  return { post, close: () => agent.destroy() };
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const body = await readBody(response, MAX_ANSWER_BYTES);
  if (body === undefined) {
    response.destroy();
    throw new Error('The answer is too long');
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    body: body.toString('utf8'),
  };
}
