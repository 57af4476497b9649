import { builtinResources } from './kinds/builtin.ts';
import type { ResourceType } from './kinds/resource-type.ts';

/** What is served now: the built-in resources and those of the established CRDs. */
export class Registry {
  readonly #byPath = new Map<string, ResourceType>();
  readonly #custom = new Map<string, ResourceType[]>();
  readonly #builtin: readonly ResourceType[];
  /** Grows with every change; discovery and OpenAPI answers are kept as long as it stays. */
  revision = 0;

  constructor() {
    this.#builtin = builtinResources();
    for (const type of this.#builtin) this.#byPath.set(pathOf(type), type);
  }

  find(apiVersion: string, resource: string): ResourceType | undefined {
    return this.#byPath.get(`${apiVersion}/${resource}`);
  }

  findKind(apiVersion: string, kind: string): ResourceType | undefined {
    return this.all().find((type) => type.apiVersion === apiVersion && type.kind === kind);
  }

  /** The preferred version of a group's resource, such as webhooks and access reviews name it. */
  findResource(group: string, resource: string): ResourceType | undefined {
    return this.all().find((type) => type.group === group && type.resource === resource);
  }

  setCustom(crdName: string, types: ResourceType[]): void {
    for (const type of this.#custom.get(crdName) ?? []) this.#byPath.delete(pathOf(type));
    if (types.length === 0) this.#custom.delete(crdName);
    else this.#custom.set(crdName, types);
    for (const type of types) this.#byPath.set(pathOf(type), type);
    this.revision++;
  }

  customOf(crdName: string): readonly ResourceType[] {
    return this.#custom.get(crdName) ?? [];
  }

  all(): ResourceType[] {
    return [...this.#builtin, ...[...this.#custom.values()].flat()];
  }

  /** Whether a group is served in any version. */
  serves(group: string): boolean {
    return this.all().some((type) => type.group === group);
  }
}

const pathOf = (type: ResourceType): string => `${type.apiVersion}/${type.resource}`;
