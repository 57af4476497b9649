import { findNatsServer } from '../../infra/local/nats/find.ts';

/** Fetches a NATS server once, before tests that need one each look for it; that may take a minute on a new machine. */
export async function setup(): Promise<void> {
  process.env['NATS_SERVER'] = await findNatsServer((message) => console.log(message));
}
