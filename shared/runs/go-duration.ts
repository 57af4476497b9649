const UNIT_SECONDS: Record<string, number> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a Go duration (`1h30m`, `8s`, `-1.5m`, `0`), or undefined when it is not one. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (match === null) return /^[-+]?0$/.test(text) ? 0 : undefined;
  let seconds = 0;
  for (const [, number, unit = 's'] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    seconds += Number(number) * (UNIT_SECONDS[unit] ?? 0);
  }
  return match[1] === '-' ? -seconds : seconds;
}

/** A number of seconds as a Go duration in seconds, such as `600s`. */
export function goDuration(seconds: number): string {
  return `${seconds}s`;
}
