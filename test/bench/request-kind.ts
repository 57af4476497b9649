const WRITES = new Set(['create', 'update', 'patch', 'apply', 'delete']);

/**
 * Verb and resource of a request to a Kubernetes API, as `apply agentruns/status` and `list pods`. Server-side apply is told from
 * the other patches; paths that are no resource stay as they are.
 */
export function requestKind(method: string, url: string, contentType = ''): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const parts = pathname.split('/').filter((part) => part !== '');
  const inGroup = parts[0] === 'apis' ? parts.slice(3) : parts[0] === 'api' ? parts.slice(2) : [];
  const [resource, name, subresource] = inGroup[0] === 'namespaces' && inGroup.length > 2 ? inGroup.slice(2) : inGroup;
  if (resource === undefined) return `${method.toLowerCase()} ${pathname}`;
  const verb = verbOf(method, name !== undefined, searchParams.get('watch') === 'true', contentType);
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** True of what changes stored objects; a token request stores nothing. */
export function isWrite(kind: string): boolean {
  const [verb = '', resource] = kind.split(' ');
  return WRITES.has(verb) && resource !== 'serviceaccounts/token';
}

function verbOf(method: string, named: boolean, watch: boolean, contentType: string): string {
  if (method === 'GET') return named ? 'get' : watch ? 'watch' : 'list';
  if (method === 'PATCH') return contentType.includes('apply-patch') ? 'apply' : 'patch';
  return { POST: 'create', PUT: 'update', DELETE: 'delete' }[method] ?? method.toLowerCase();
}
