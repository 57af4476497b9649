import { describe, expect, it } from 'vitest';
import { createRegistry } from './registry.ts';

describe('the metrics text', () => {
  it('shows counters from zero, gauges as they are when asked, and histograms cumulatively', () => {
    const registry = createRegistry();
    const counter = registry.counter('runs_total', 'Runs.', [{ result: 'ok' }]);
    let depth = 1;
    registry.gauge('depth', 'Depth.', () => [[{}, depth]]);
    const seconds = registry.histogram('seconds', 'Seconds.', [0.1, 1]);
    counter.add({ result: 'bad "one"\\\n' });
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe({ name: 'q' }, value);
    depth = 3;
    expect(registry.render()).toBe(`# HELP runs_total Runs.
# TYPE runs_total counter
runs_total{result="ok"} 0
runs_total{result="bad \\"one\\"\\\\\\n"} 1
# HELP depth Depth.
# TYPE depth gauge
depth 3
# HELP seconds Seconds.
# TYPE seconds histogram
seconds_bucket{name="q",le="0.1"} 2
seconds_bucket{name="q",le="1"} 3
seconds_bucket{name="q",le="+Inf"} 4
seconds_sum{name="q"} 7.65
seconds_count{name="q"} 4
`);
  });
});
