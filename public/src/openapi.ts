/*
 * What the API page reads of the OpenAPI document (3.1): its operations with their references resolved. PURE.
 */

export interface OpenApi {
  info: { summary?: string };
  tags: readonly { name: string; description: string }[];
  paths: Readonly<Record<string, PathItem>>;
  components: unknown;
}

interface PathItem {
  get: RawOperation;
  parameters?: readonly (Reference | Parameter)[];
  'x-also-at'?: readonly string[];
}

interface RawOperation {
  operationId: string;
  tags: readonly string[];
  summary: string;
  description?: string;
  parameters?: readonly (Reference | Parameter)[];
  responses: Readonly<Record<string, Reference | Response>>;
}

interface Reference {
  $ref: string;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description: string;
  required?: boolean;
  example?: string | number;
}

export interface Response {
  description: string;
  content?: Readonly<Record<string, { example?: unknown; schema?: Partial<Reference> }>>;
}

export interface Operation {
  id: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  parameters: readonly Parameter[];
  responses: readonly (Response & { status: string })[];
  /** The literal file, where it is one: the address that works on every host. */
  file?: string;
}

/** Tags of what any file server can answer. */
const STATIC: ReadonlySet<string> = new Set(['Documents', 'Files']);

/** Every operation that has something to give, in the order of the document. */
export function operationsOf(api: OpenApi): Operation[] {
  return Object.entries(api.paths)
    .filter(([, { get }]) => '200' in get.responses)
    .map(([path, item]) => operationOf(api, path, item));
}

function operationOf(api: OpenApi, path: string, item: PathItem): Operation {
  const { get, parameters: shared = [], 'x-also-at': others = [] } = item;
  const parameters = [...shared, ...(get.parameters ?? [])].map((each) => resolved<Parameter>(api, each));
  const tag = get.tags[0] ?? '';
  const literal = others.find((each) => each.endsWith('/index.json'));
  // What takes words is answered, not read.
  const isFile = STATIC.has(tag) && parameters.every(({ name }) => name !== 'q');
  const file = literal ?? (isFile ? path : undefined);
  return {
    id: get.operationId,
    path,
    tag,
    summary: get.summary,
    description: get.description ?? '',
    parameters,
    responses: Object.entries(get.responses).map(([status, each]) => ({ status, ...resolved<Response>(api, each) })),
    ...(file !== undefined && { file }),
  };
}

/** A reference leads to a part of the same document (JSON Pointer, RFC 6901). */
function resolved<T>(api: OpenApi, value: T | Reference): T {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
  let target: unknown = api;
  for (const key of value.$ref.slice(2).split('/'))
    target = (target as Partial<Record<string, unknown>> | undefined)?.[key];
  return target as T;
}

/** The path with values in the places of its parameters; undefined where one of them is not known. */
export function filledPath(path: string, values: Readonly<Record<string, string | undefined>>): string | undefined {
  let known = true;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = values[name];
    known &&= value !== undefined;
    return value === undefined ? '' : encodeURIComponent(value).replaceAll('%2B', '+');
  });
  return known ? filled : undefined;
}
