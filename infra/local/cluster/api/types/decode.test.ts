import { describe, expect, it } from 'vitest';
import { decodeAs } from './decode.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const pod = (spec: Record<string, unknown>) => ({
  metadata: { name: 'a' },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

describe('decodeAs', () => {
  it('drops unknown fields and says which, when there are some', () => {
    const unknown: string[] = [];
    const decoded = decodeAs(POD, { ...pod({ nonsense: 1 }), more: {} }, unknown);
    expect(unknown).toEqual(['spec.nonsense', 'more']);
    expect(decoded).not.toHaveProperty('more');
  });

  it('leaves out zero values that Go omits, and keeps those of pointers', () => {
    const decoded = decodeAs(
      POD,
      pod({ hostNetwork: false, automountServiceAccountToken: false, nodeName: '', tolerations: [] }),
    );
    expect(decoded['spec']).toEqual({
      containers: [{ name: 'c', image: 'i', resources: {} }],
      automountServiceAccountToken: false,
    });
  });

  it('speaks as Go does when a type is wrong', () => {
    expect(() => decodeAs(POD, pod({ containers: 'none' }))).toThrow(
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    );
  });

  it('cuts times to seconds, and micro times to six digits', () => {
    const lease = decodeAs('io.k8s.api.coordination.v1.Lease', { spec: { renewTime: '2026-01-02T03:04:05.6789Z' } });
    expect(lease['spec']).toEqual({ renewTime: '2026-01-02T03:04:05.678900Z' });
    const meta = decodeAs('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', {
      creationTimestamp: '2026-01-02T03:04:05.6Z',
    });
    expect(meta).toEqual({ creationTimestamp: '2026-01-02T03:04:05Z' });
  });
});
