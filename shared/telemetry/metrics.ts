import { type Attributes, attributesOf, nanoseconds, type Origin } from './otlp.ts';

/** So many more of what a counter counts, more or less of what goes up and down, one value of a histogram, or what a gauge now shows. */
export interface Measurement {
  kind: 'counter' | 'upDownCounter' | 'histogram' | 'gauge';
  name: string;
  unit: string;
  value: number;
  attributes: Attributes;
}

/** Measurements of one metric with the same attributes, added up; of a gauge the latest. */
interface Series extends Omit<Measurement, 'value'> {
  sum: number;
  count: number;
  /** How many values each bucket holds. */
  buckets: number[];
}

/** The SDKs' default; the last bucket holds all beyond. */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
/** Each export says what came since the last one: no process of a function lives long enough for totals. */
const DELTA = 1;
/** More would mean that something unbounded became an attribute. */
const MAX_SERIES = 1000;

/** What was measured since `since`. */
export interface Batch {
  since: number;
  series: Map<string, Series>;
}

export const emptyBatch = (now: number): Batch => ({ since: now, series: new Map() });

/** Adds to a batch; a new series beyond the bound is left out. */
export function measure({ series }: Batch, { value, ...metric }: Measurement): void {
  add(series, {
    ...metric,
    sum: value,
    count: 1,
    buckets: BOUNDS.map(() => 0)
      .concat(0)
      .with(bucketOf(value), 1),
  });
}

/** Takes an earlier batch, which could not be sent, into a later one. */
export function absorb(into: Batch, earlier: Batch): void {
  into.since = Math.min(into.since, earlier.since);
  for (const one of earlier.series.values()) {
    if (one.kind === 'gauge' && into.series.has(keyOf(one))) continue;
    add(into.series, one);
  }
}

function add(series: Batch['series'], one: Series): void {
  const key = keyOf(one);
  const before = series.get(key);
  if (before === undefined) {
    if (series.size < MAX_SERIES) series.set(key, one);
    return;
  }
  if (one.kind === 'gauge') {
    series.set(key, one);
    return;
  }
  before.sum += one.sum;
  before.count += one.count;
  before.buckets = before.buckets.map((count, index) => count + (one.buckets[index] ?? 0));
}

function keyOf({ name, attributes }: Series): string {
  return JSON.stringify([name, Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Bounds belong to the bucket below. */
function bucketOf(value: number): number {
  const index = BOUNDS.findIndex((bound) => value <= bound);
  return index === -1 ? BOUNDS.length : index;
}

/** Body of `POST /v1/metrics` (opentelemetry-proto, `metrics.proto`). */
export function metricsRequest({ resource, scope }: Origin, { since, series }: Batch, now: number): object {
  const metrics = [...Map.groupBy(series.values(), ({ name }) => name).values()].map((same) =>
    metricOf(same, since, now),
  );
  const scopeMetrics = [{ scope: { name: scope }, metrics }];
  return { resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }] };
}

function metricOf(series: readonly Series[], since: number, now: number): object {
  const dataPoints = series.map((one) => ({
    attributes: attributesOf(one.attributes),
    startTimeUnixNano: nanoseconds(since),
    timeUnixNano: nanoseconds(now),
    ...(one.kind === 'histogram' ? distributionOf(one) : { asInt: String(one.sum) }),
  }));
  const [first] = series;
  return { name: first?.name, unit: first?.unit, ...dataOf(first?.kind, dataPoints) };
}

function dataOf(kind: Measurement['kind'] | undefined, dataPoints: readonly object[]): object {
  if (kind === 'gauge') return { gauge: { dataPoints } };
  const data = { aggregationTemporality: DELTA, dataPoints };
  return kind === 'histogram' ? { histogram: data } : { sum: { ...data, isMonotonic: kind === 'counter' } };
}

const distributionOf = ({ sum, count, buckets }: Series): object => ({
  count: String(count),
  sum,
  bucketCounts: buckets.map(String),
  explicitBounds: BOUNDS,
});
