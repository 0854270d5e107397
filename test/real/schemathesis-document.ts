/*
 * The OpenAPI document of one registry, in one piece: with the schemas that it refers to inside, and with the types and
 * sources that this registry has, where the published one can only say that there are some.
 */

type Json = Record<string, unknown>;

interface Pointer {
  manifest: { path: string };
  counts: { by_type: object };
  sources: { name: string }[];
}

const ENDING = '.schema.json';
/** `latest`, versions without zeros in front, and the simple ranges. */
const SURE_VERSION =
  '^(latest|v?(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})(-rc\\.[0-9])?(\\+[0-9A-Za-z]{1,9})?|[~^]?[1-9][0-9]{0,8}(\\.[1-9])?)$';

/** @param url of a running proxy, without a slash at its end */
export async function bundleOpenApi(url: string): Promise<unknown> {
  const fetchJson = async (path: string): Promise<Json> => {
    const response = await fetch(url + path);
    if (!response.ok) throw new Error(`${url}${path} answers ${response.status}.`);
    return (await response.json()) as Json;
  };
  const document = await fetchJson('/schema/v1/openapi.json');
  const pointer = (await fetchJson('/api/v1')) as unknown as Pointer;
  const schemas: Json = {};
  /** Replaces what is in other files by what is in this one, and gets it here. */
  const embed = async (node: unknown): Promise<unknown> => {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return Promise.all(node.map(embed));
    const entries = Object.entries(node).filter(([key]) => key !== '$schema' && key !== '$id');
    const embedded = Object.fromEntries(
      await Promise.all(entries.map(async ([key, each]) => [key, await embed(each)] as const)),
    );
    const reference = embedded['$ref'];
    if (typeof reference !== 'string' || reference.startsWith('#')) return embedded;
    const [file = '', inside = ''] = reference.split('#');
    const name = file.slice(0, -ENDING.length);
    if (schemas[name] === undefined) {
      schemas[name] = {};
      schemas[name] = await embed(await fetchJson(`/schema/v1/${file}`));
    }
    return { ...embedded, $ref: `#/components/schemas/${name}${inside}` };
  };
  const whole = (await embed(document)) as Document;
  narrow(whole, pointer);
  return { ...whole, components: { ...whole.components, schemas } };
}

interface Document {
  paths: Record<string, { parameters?: Json[] }>;
  components: { parameters: Record<string, Json> };
}

/** Says what this registry has, and leaves out what no pattern can say, so that what is allowed must be accepted. */
function narrow({ paths, components: { parameters } }: Document, pointer: Pointer): void {
  const set = (name: string, schema: Json): void => void (parameters[name] = { ...parameters[name], schema });
  const types = Object.keys(pointer.counts.by_type);
  set('Type', { enum: types });
  set('TypeFilter', { enum: types });
  set('SourceFilter', { enum: pointer.sources.map((each) => each.name) });
  set('Version', { type: 'string', pattern: SURE_VERSION });
  set('Asset', { type: 'string', pattern: '^[0-9A-Za-z]([0-9A-Za-z._+-]{0,60}[0-9A-Za-z])?$' });
  const [prefix, file] = pointer.manifest.path.split('/').slice(2);
  for (const parameter of paths['/api/v1/by-hash/sha256/{prefix}/{file}']?.parameters ?? []) {
    const value = parameter['name'] === 'prefix' ? prefix : file;
    Object.assign(parameter, { schema: { enum: [value] }, example: value });
  }
}
