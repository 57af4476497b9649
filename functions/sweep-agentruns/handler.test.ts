import { expect, it } from 'vitest';
import { createApp } from './handler.ts';

it('refuses a tick that nobody signed', async () => {
  const secret = 'a-secret-of-tests';
  const env = {
    RELAY_URL: 'http://127.0.0.1:1',
    RELAY_TO_FUNCTION_SECRETS: secret,
    FUNCTION_TO_RELAY_SECRET: secret,
  };
  const app = createApp({ env, connection: { server: 'http://127.0.0.1:1' } });
  expect((await app.request('/functions/sweep-agentruns', { method: 'POST', body: '{}' })).status).toBe(401);
});
