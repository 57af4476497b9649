import { markerSafeJson } from './protocol.ts';

/** Structured log to stderr: one JSON line per entry, secrets replaced, no log markers (they share the pod's log). */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export type Redact = (text: string) => string;

/** Replaces every occurrence of the given values. Values under 8 characters are no secrets but would garble ordinary text. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const values = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 8);
  values.sort((a, b) => b.length - a.length);
  return (text) => values.reduce((current, secret) => current.replaceAll(secret, '[redacted]'), text);
}

export function createLog(
  component: string,
  redact: Redact = (text) => text,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const entry =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      const line = markerSafeJson({ time: new Date().toISOString(), level, component, message, ...fields });
      write(`${redact(line)}\n`);
    };
  return { info: entry('info'), warn: entry('warn'), error: entry('error') };
}

/** An error's message with those of its causes: what a log needs, without stacks or bodies. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !error.message.includes(error.cause.message)
    ? `${error.message}: ${describeError(error.cause)}`
    : error.message;
}
