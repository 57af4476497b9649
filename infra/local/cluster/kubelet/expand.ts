/**
 * `$(NAME)` expansion of container env values, commands and arguments (Kubernetes convention): a known name is
 * replaced, an unknown reference stays as written, and `$$` stands for one `$`, so `$$(NAME)` is the literal `$(NAME)`.
 */
export function expand(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return known.get(name) ?? whole;
  });
}
