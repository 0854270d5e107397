import type { ErrorObject } from 'ajv';
import { PRIVATE_FORMATS } from './formats.ts';
import { cut, showKey, valueAt, type KeyPath } from './key-path.ts';
import { CONFIG_SCHEMA, KIND_DESCRIPTION } from './schema.ts';
import { suggest } from '../model/suggest.ts';

/** One line for each thing that the schema refuses: the key, what is wrong, the remedy. */
export function faultsOf(errors: readonly ErrorObject[], document: unknown): string[] {
  const lines = errors.map((error) => {
    const { path, text } = faultOf(error, document);
    return `${showKey(path, document)}: ${text}`;
  });
  // One value can break two rules of the schema, and the description names both.
  return [...new Set(lines)];
}

/** Rules about what is missing, or how many there are: each value that is there has the right form. */
const LEAVES_VALUES: ReadonlySet<string> = new Set(['required', 'dependencies', 'minItems', 'maxItems', 'uniqueItems']);

/** Makes undefined what the schema refuses in the document, so that further rules meet only values of the right form. */
export function dropRefused(errors: readonly ErrorObject[], document: unknown): void {
  for (const { keyword, instancePath, params } of errors) {
    const path = parsePointer(instancePath, document);
    if (LEAVES_VALUES.has(keyword)) continue;
    if (keyword === 'additionalProperties') path.push(String(params['additionalProperty']));
    const parent = valueAt(document, path.slice(0, -1));
    const last = path.at(-1);
    // Set, not deleted: the key was there, and the other items of a list keep the places by which faults name them.
    if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.set(parent, last, undefined);
  }
}

function faultOf(error: ErrorObject, document: unknown): { path: KeyPath; text: string } {
  const path = parsePointer(error.instancePath, document);
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      return { path: [...path, key], text: unknownKey(key, path, error) };
    }
    case 'required': {
      const key = String(error.params['missingProperty']);
      return { path: [...path, key], text: `is missing; add ${descriptionIn(error, key)}.` };
    }
    case 'dependencies': {
      const key = String(error.params['missingProperty']);
      const because = String(error.params['property']);
      return { path: [...path, key], text: `is missing beside ${because}; add ${descriptionIn(error, key)}.` };
    }
    case 'discriminator':
      return { path: [...path, 'kind'], text: wrongKind(error.params['tagValue']) };
    case 'minItems':
      return { path, text: 'is empty; name at least one, or leave the key out.' };
    case 'maxItems':
      return { path, text: `has more than ${String(error.params['limit'])} entries; leave some out.` };
    case 'uniqueItems':
      return { path, text: 'names the same twice; leave one out.' };
    default:
      return { path, text: wrongValue(error) };
  }
}

function wrongKind(value: unknown): string {
  return value === undefined
    ? `is missing; add ${KIND_DESCRIPTION}.`
    : `${showValue(value)} is not ${KIND_DESCRIPTION}.`;
}

function wrongValue({ parentSchema = {}, data }: ErrorObject): string {
  const quoted = typeof data === 'string' && /^(?:\d+|true|false)$/.test(data) && parentSchema['type'] !== 'string';
  return `${shownFor(parentSchema, data)} is not ${describe(parentSchema)}${quoted ? ', without quotes' : ''}.`;
}

/** Where a URL or a path was asked for, or a text stands for a whole table, there may be a secret in it. */
function shownFor(schema: Record<string, unknown>, data: unknown): string {
  if (PRIVATE_FORMATS.has(String(schema['format']))) return 'the value';
  const isSingle = /^(?:integer|boolean|string)$/.test(String(schema['type']));
  return isSingle || typeof data !== 'string' ? showValue(data) : 'a text';
}

function unknownKey(key: string, path: KeyPath, error: ErrorObject): string {
  if (path.length === 0) return unknownTable(key, error.data);
  const known = Object.keys(propertiesIn(error));
  const meant = suggest(key, known);
  return meant.length > 0
    ? `is not a key of this table; did you mean ${meant.join(' or ')}?`
    : `is not a key of this table; its keys are ${known.join(', ')}.`;
}

function unknownTable(key: string, document: unknown): string {
  const tables = CONFIG_SCHEMA.properties;
  const home = Object.entries(tables).find(
    ([, table]) => 'properties' in table && Object.hasOwn(table.properties, key),
  );
  const isTable = typeof valueAt(document, [key]) === 'object';
  if (!isTable && home !== undefined) return `stands outside of the tables; move it below [${home[0]}].`;
  const labels = (names: string[]) => names.map((name) => (name === 'source' ? '[[source]]' : `[${name}]`));
  const meant = labels(suggest(key, Object.keys(tables)));
  return meant.length > 0
    ? `is not a table of the configuration; did you mean ${meant.join(' or ')}?`
    : `is not a table of the configuration; the tables are ${labels(Object.keys(tables)).join(', ')}.`;
}

/** Only for values of keys that can hold no secret. */
function showValue(value: unknown): string {
  if (typeof value === 'string') return cut(JSON.stringify(value));
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nan or inf';
  return typeof value === 'object' ? 'a table' : JSON.stringify(value);
}

/** RFC 6901; an index of a list comes out as a number. */
function parsePointer(pointer: string, document: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(valueAt(document, path)) ? Number(key) : key);
  }
  return path;
}

function propertiesIn(error: ErrorObject): Record<string, Record<string, unknown>> {
  return (error.parentSchema?.['properties'] ?? {}) as Record<string, Record<string, unknown>>;
}

function descriptionIn(error: ErrorObject, key: string): string {
  return describe(propertiesIn(error)[key]);
}

function describe(schema: Record<string, unknown> | undefined): string {
  return String(schema?.['description']);
}
