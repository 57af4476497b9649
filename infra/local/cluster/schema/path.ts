/** Paths of fields as the real server writes them in causes and warnings. */

/** A field below a path. */
export function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The root has no path; the real server prints this for it. */
export function causeField(path: string): string {
  return path === '' ? '<nil>' : path;
}
