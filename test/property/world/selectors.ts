/** `a=b`, `a` and `!a`, joined by commas. */
export function matchesLabels(labels: Readonly<Record<string, string>> = {}, selector = ''): boolean {
  return selector
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [key = '', value] = part.split('=');
      if (value !== undefined) return labels[key] === value;
      return key.startsWith('!') ? !(key.slice(1) in labels) : key in labels;
    });
}

/** `path.to.field=value`, joined by commas. */
export function matchesFields(object: unknown, selector = ''): boolean {
  return selector
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [path = '', value] = part.split('=');
      const found = path
        .split('.')
        .reduce<unknown>(
          (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
          object,
        );
      return found === value;
    });
}
