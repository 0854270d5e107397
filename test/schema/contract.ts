import { readdir, readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/*
 * The contract of public/schema/v1 in two modes. Open is as clients use it: unknown fields pass. Closed is for us:
 * whatever we publish must be named in the contract, so every object is shut.
 */

export const SCHEMA_FOLDER = new URL('../../public/schema/v1/', import.meta.url);
const BASE = 'https://extension-registry.invalid/schema/v1/';
const ENDING = '.schema.json';

export type Schema = { readonly [keyword: string]: unknown };

/** Name, such as `item` -> schema. */
export type Schemas = ReadonlyMap<string, Schema>;

export async function readSchemas(): Promise<Schemas> {
  const files = (await readdir(SCHEMA_FOLDER)).filter((file) => file.endsWith(ENDING));
  const names = files.map((file) => file.slice(0, -ENDING.length)).sort();
  const entries = names.map(async (name): Promise<[string, Schema]> => [
    name,
    JSON.parse(await readFile(new URL(name + ENDING, SCHEMA_FOLDER), 'utf8')) as Schema,
  ]);
  return new Map(await Promise.all(entries));
}

/** The same schemas, each object of named properties shut. */
export function closeSchemas(schemas: Schemas): Schemas {
  return new Map([...schemas].map(([name, schema]) => [name, close(schema, schemas) as Schema]));
}

/**
 * Validators by name, such as `item`, or by reference, such as `parts.schema.json#/$defs/digest`.
 * @throws Error for a schema that is not strictly sound or a name that there is not
 */
export function compileSchemas(schemas: Schemas): (name: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictRequired: true, allErrors: true, schemas: [...schemas.values()] });
  return (name) => {
    const validate = ajv.getSchema(BASE + (name.includes('#') ? name : name + ENDING));
    if (validate === undefined) throw new Error(`There is no schema ${name}.`);
    return validate as ValidateFunction;
  };
}

/** What a `$ref` names; every reference of the contract names its file. */
export function resolveReference(reference: string, schemas: Schemas): Schema {
  const [file = '', pointer = ''] = reference.split('#');
  let target: unknown = schemas.get(file.slice(0, -ENDING.length));
  for (const key of pointer.split('/').slice(1)) target = (target as Schema | undefined)?.[key];
  if (typeof target !== 'object' || target === null) throw new Error(`${reference} leads nowhere.`);
  return target as Schema;
}

/** What `close` can carry over from a schema that another extends. */
const INHERITED = new Set(['$schema', '$id', 'title', 'description', 'type', 'required', 'properties']);

function close(node: unknown, schemas: Schemas): unknown {
  if (Array.isArray(node)) return node.map((each) => close(each, schemas));
  if (typeof node !== 'object' || node === null) return node;
  const { allOf, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, close(value, schemas)]),
  );
  const extended = (allOf as { $ref: string }[] | undefined)?.reduce(
    (heir, { $ref }) => inherit(heir, resolveReference($ref, schemas), schemas),
    rest,
  );
  const schema = extended ?? rest;
  return 'properties' in schema ? { ...schema, additionalProperties: false } : schema;
}

/** JSON Schema has no inheritance: a shut base would refuse the heir's fields, so they become one object. */
function inherit(heir: Record<string, unknown>, base: Schema, schemas: Schemas): Record<string, unknown> {
  const lost = Object.keys(base).filter((keyword) => !INHERITED.has(keyword));
  if (lost.length > 0) throw new Error(`Closing would lose ${lost.join(', ')}.`);
  return {
    ...heir,
    required: [...(base['required'] as string[]), ...((heir['required'] as string[] | undefined) ?? [])],
    properties: { ...(close(base['properties'], schemas) as Schema), ...(heir['properties'] as Schema | undefined) },
  };
}

/** An object with named fields in a document, and the closed schema that names them. */
export interface DocumentRecord {
  value: Record<string, unknown>;
  schema: Schema;
}

/** Every object with named fields in a value, at any depth; maps are passed through. */
export function recordsOf(node: Schema, value: unknown, closed: Schemas): DocumentRecord[] {
  if (typeof value !== 'object' || value === null) return [];
  const schema = typeof node['$ref'] === 'string' ? resolveReference(node['$ref'], closed) : node;
  const inner = (each: unknown, its: unknown): DocumentRecord[] => recordsOf((its ?? {}) as Schema, each, closed);
  if (Array.isArray(value)) return value.flatMap((each) => inner(each, schema['items']));
  const branches = schema['anyOf'] as Schema[] | undefined;
  const branch = branches?.find(({ properties }) =>
    Object.keys(value).every((key) => key in ((properties ?? {}) as Schema)),
  );
  if (branch !== undefined) return inner(value, branch);
  const properties = schema['properties'] as Schema | undefined;
  if (properties === undefined)
    return Object.values(value).flatMap((each) => inner(each, schema['additionalProperties']));
  return [
    { value: value as Record<string, unknown>, schema },
    ...Object.entries(value).flatMap(([key, each]) => inner(each, properties[key])),
  ];
}
