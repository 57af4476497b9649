import { describe, expect, it } from 'vitest';
import { isWithin, pathMap, pathMapFrom } from './paths.ts';

describe('paths of a container', () => {
  it('stand for themselves when there is no map', () => {
    expect(pathMapFrom({}).toHost('/ipc/output')).toBe('/ipc/output');
  });

  it('are moved below the host folder of the innermost mount when there is one', () => {
    const map = pathMap({ '/workspace': '/h/a', '/workspace/data/': '/h/b' });
    expect(map.toHost('/workspace/x')).toBe('/h/a/x');
    expect(map.toHost('/workspace/data/x')).toBe('/h/b/x');
    expect(map.toHost('/workspace/data')).toBe('/h/b');
  });

  it('are not moved when only their beginning looks like a mount', () => {
    expect(pathMap({ '/tmp': '/h' }).toHost('/tmp2/x')).toBe('/tmp2/x');
  });

  it('are normalised before the mount is looked up', () => {
    expect(pathMap({ '/tmp': '/h' }).toHost('/tmp/../etc/passwd')).toBe('/etc/passwd');
  });

  it('are refused when the map is not an object of strings', () => {
    expect(() => pathMapFrom({ SYMPOZIUM_ROOTFS_MAP: '[]' })).toThrow(/must be a JSON object/);
    expect(() => pathMapFrom({ SYMPOZIUM_ROOTFS_MAP: '{"/a":1}' })).toThrow(/must be a string/);
  });

  it('lie within a folder when it is an ancestor, not when it is a prefix', () => {
    expect(isWithin('/workspace/a', '/workspace')).toBe(true);
    expect(isWithin('/workspace-2/a', '/workspace')).toBe(false);
    expect(isWithin('/anything', '/')).toBe(true);
  });
});
