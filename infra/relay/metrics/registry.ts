/** A small registry in the text format of Prometheus 0.0.4: what the relay needs of a client library, and no more memory. */
export type Labels = Readonly<Record<string, string>>;

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: () => Iterable<[suffix: string, labels: Labels, value: number]>;
}

export interface Counter {
  add(labels: Labels, by?: number): void;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
}

export type Registry = ReturnType<typeof createRegistry>;

export function createRegistry() {
  const families: Family[] = [];

  /** Goes up only. Each of `initial` is shown as 0 from the start, as rates over a series that just appeared are wrong. */
  function counter(name: string, help: string, initial: readonly Labels[] = []): Counter {
    const series = new Map<string, { labels: Labels; value: number }>();
    const at = (labels: Labels) => {
      const key = renderLabels(labels);
      const known = series.get(key) ?? { labels, value: 0 };
      series.set(key, known);
      return known;
    };
    for (const labels of initial) at(labels);
    families.push({ name, help, type: 'counter', samples: () => mapSeries(series.values()) });
    return {
      add(labels, by = 1) {
        at(labels).value += by;
      },
    };
  }

  /** Read when asked for. */
  function gauge(name: string, help: string, read: () => Iterable<[Labels, number]>): void {
    families.push({
      name,
      help,
      type: 'gauge',
      samples: function* () {
        for (const [labels, value] of read()) yield ['', labels, value];
      },
    });
  }

  function histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Map<string, Distribution>();
    families.push({
      name,
      help,
      type: 'histogram',
      samples: function* () {
        for (const one of series.values()) yield* histogramSamples(one, bounds);
      },
    });
    return {
      observe(labels, value) {
        const key = renderLabels(labels);
        const one = series.get(key) ?? { labels, counts: bounds.map(() => 0), sum: 0, total: 0 };
        series.set(key, one);
        const slot = bounds.findIndex((bound) => value <= bound);
        if (slot >= 0) one.counts[slot] = (one.counts[slot] ?? 0) + 1;
        one.sum += value;
        one.total += 1;
      },
    };
  }

  function render(): string {
    const lines: string[] = [];
    for (const { name, help, type, samples } of families) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [suffix, labels, value] of samples()) lines.push(`${name}${suffix}${renderLabels(labels)} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  return { counter, gauge, histogram, render };
}

interface Distribution {
  labels: Labels;
  counts: number[];
  sum: number;
  total: number;
}

function* mapSeries(series: Iterable<{ labels: Labels; value: number }>): Generator<[string, Labels, number]> {
  for (const { labels, value } of series) yield ['', labels, value];
}

function* histogramSamples(
  { labels, counts, sum, total }: Distribution,
  bounds: readonly number[],
): Generator<[string, Labels, number]> {
  let below = 0;
  for (const [slot, bound] of bounds.entries()) {
    below += counts[slot] ?? 0;
    yield ['_bucket', { ...labels, le: String(bound) }, below];
  }
  yield ['_bucket', { ...labels, le: '+Inf' }, total];
  yield ['_sum', labels, sum];
  yield ['_count', labels, total];
}

function renderLabels(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
