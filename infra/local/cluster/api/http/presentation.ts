import { fromStored } from '../kinds/events.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import type { KubeObject } from '../object.ts';
import { columnsOf, tableRow } from '../print/table.ts';
import { ApiError } from '../status.ts';
import type { Entry } from '../storage/store.ts';
import type { Page } from '../verbs/read.ts';

/** One of the forms a client may accept objects in. */
export interface Presentation {
  contentType: string;
  /** Equal for presentations that give equal bytes. */
  cacheKey: string;
  one(entry: Entry): string;
  list(page: Page): string;
  bookmark(object: KubeObject): string;
}

const JSON_TYPE = 'application/json';

interface Accepted {
  media: string;
  as: string;
  group: string;
  version: string;
}

function parseAccept(header: string): Accepted[] {
  return header.split(',').map((clause) => {
    const [media = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const value = (key: string): string =>
      parameters.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';
    return { media: media.toLowerCase(), as: value('as'), group: value('g'), version: value('v') };
  });
}

const FORMS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];

/** The first form of the Accept header that this server has; 406 when there is none. */
export function presentationFor(
  type: ResourceType,
  accept: string | undefined,
  query: URLSearchParams,
  now: Date,
): Presentation {
  for (const { media, as, group, version } of parseAccept(accept ?? JSON_TYPE)) {
    if (media !== JSON_TYPE && media !== '*/*' && media !== 'application/*' && media !== '') continue;
    if (as === '') return plain(type);
    if (group !== 'meta.k8s.io' || version !== 'v1' || !FORMS.includes(as)) continue;
    return as === 'Table' ? table(type, query.get('includeObject') ?? 'Metadata', now) : partial(type);
  }
  const message =
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new ApiError(406, 'NotAcceptable', message);
}

function listMeta({ revision, continue: token, remaining }: Page, alwaysContinue = false): string {
  return JSON.stringify({
    resourceVersion: `${revision}`,
    ...(token === undefined && !alwaysContinue ? {} : { continue: token ?? '' }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  });
}

/** The JSON as stored, unless another version of the kind was asked for. */
function jsonOf(type: ResourceType, entry: Entry): string {
  return entry.object.apiVersion === type.apiVersion ? entry.json : JSON.stringify(fromStored(type, entry.object));
}

function plain(type: ResourceType): Presentation {
  const head = `{"kind":"${type.kind}","apiVersion":"${type.apiVersion}",`;
  // Items of built-in lists carry no type of their own.
  const item = (entry: Entry): string => {
    const json = jsonOf(type, entry);
    return type.custom === undefined && json.startsWith(head) ? `{${json.slice(head.length)}` : json;
  };
  return {
    contentType: JSON_TYPE,
    cacheKey: `json ${type.apiVersion}`,
    one: (entry) => jsonOf(type, entry),
    list: (page) =>
      `{"kind":"${type.listKind}","apiVersion":"${type.apiVersion}","metadata":${listMeta(page, type.custom !== undefined)},"items":[${page.entries.map(item).join(',')}]}`,
    bookmark: (object) => JSON.stringify(object),
  };
}

function partialOf({ metadata }: KubeObject): Record<string, unknown> {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function partial(type: ResourceType): Presentation {
  return {
    contentType: JSON_TYPE,
    cacheKey: `partial ${type.apiVersion}`,
    one: ({ object }) => JSON.stringify(partialOf(object)),
    list: (page) => {
      const items = page.entries.map(({ object }) => JSON.stringify(partialOf(object)));
      return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":${listMeta(page)},"items":[${items.join(',')}]}`;
    },
    bookmark: (object) => JSON.stringify(partialOf(object)),
  };
}

function table(type: ResourceType, include: string, now: Date): Presentation {
  const definitions = JSON.stringify(
    columnsOf(type).map(({ name, type: of, format, description, priority }) => ({
      name,
      type: of,
      format: format ?? '',
      description: description ?? '',
      priority: priority ?? 0,
    })),
  );
  const row = (object: KubeObject): string => {
    const shown = include === 'None' ? null : include === 'Object' ? object : partialOf(object);
    return JSON.stringify({ cells: tableRow(type, object, now), object: shown });
  };
  const whole = (metadata: string, rows: string[]): string =>
    `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${metadata},"columnDefinitions":${definitions},"rows":[${rows.join(',')}]}`;
  const meta = (object: KubeObject): string => JSON.stringify({ resourceVersion: object.metadata.resourceVersion });
  return {
    contentType: JSON_TYPE,
    cacheKey: `table ${type.apiVersion} ${include} ${now.getTime()}`,
    one: ({ object }) => whole(meta(object), [row(fromStored(type, object))]),
    list: (page) =>
      whole(
        listMeta(page),
        page.entries.map(({ object }) => row(fromStored(type, object))),
      ),
    bookmark: (object) => whole(meta(object), [JSON.stringify({ cells: null, object: partialOf(object) })]),
  };
}
