import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Deprecation, SourceStatus, VersionEntry } from '../../indexer/model/documents.ts';
import { PROBLEMS } from '../../indexer/model/problem.ts';
import { closeSchemas, compileSchemas, readSchemas, recordsOf, resolveReference, SCHEMA_FOLDER } from './contract.ts';
import type { DocumentRecord, Schema } from './contract.ts';
import type { Minimal } from './example-types.ts';
import { EXAMPLES, type Example } from './examples.ts';
import { NOTIFICATION } from './notification-example.ts';

const open = await readSchemas();
const closed = closeSchemas(open);
const validateOpen = compileSchemas(open);
const validateClosed = compileSchemas(closed);

const names = [...open.keys()];
const documents = Object.entries<Example>({ ...EXAMPLES, notification: NOTIFICATION }).sort(([a], [b]) =>
  a < b ? -1 : 1,
);
/** Named in the contract, not written yet. */
const RESERVED = ['requires', 'platforms'];

/** Runs a check for each object of a copy of a document, which it may change. */
function forEachRecord(
  name: string,
  example: unknown,
  check: (record: DocumentRecord, document: unknown) => void,
): void {
  const schema = closed.get(name) ?? {};
  for (const at of recordsOf(schema, example, closed).keys()) {
    const document = structuredClone(example);
    check(recordsOf(schema, document, closed)[at]!, document);
  }
}

function* nodesOf(node: unknown): Generator<Schema> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield node as Schema;
  for (const each of Object.values(node)) yield* nodesOf(each);
}

describe('a schema', () => {
  test.each(names)('%s compiles strictly, open and closed', (name) => {
    expect(validateOpen(name)).toBeTypeOf('function');
    expect(validateClosed(name)).toBeTypeOf('function');
  });

  test.each(names)('%s is named by its file and describes itself', (name) => {
    expect(open.get(name)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `https://extension-registry.invalid/schema/v1/${name}.schema.json`,
      title: expect.stringMatching(/^[A-Z]/),
      description: expect.stringMatching(/\.$/),
    });
  });

  test.each(names)('%s describes each of its properties and shuts no object', (name) => {
    for (const { properties, additionalProperties, unevaluatedProperties } of nodesOf(open.get(name))) {
      expect([additionalProperties, unevaluatedProperties]).not.toContain(false);
      for (const [property, schema] of Object.entries((properties ?? {}) as Record<string, Schema>)) {
        const { description, $ref } = schema;
        const words = description ?? resolveReference(String($ref), open)['description'];
        expect(words, property).toMatch(/\.$/);
      }
    }
  });

  test('is there for each document type, and an example for each schema', () => {
    expect(documents.map(([name]) => name)).toEqual(names.filter((name) => name !== 'parts'));
  });
});

describe.each(documents)('%s', (name, { minimal, full }) => {
  test('accepts a document with the required fields alone and one with every field', () => {
    for (const validate of [validateClosed(name), validateOpen(name)]) {
      expect(validate(minimal), JSON.stringify(validate.errors)).toBe(true);
      expect(validate(full), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  test('refuses a document without any one of the required fields', () => {
    forEachRecord(name, minimal, ({ value }, document) => {
      for (const [field, kept] of Object.entries(value)) {
        delete value[field];
        expect(validateOpen(name)(document), field).toBe(false);
        value[field] = kept;
      }
    });
  });

  test('names no field that its type does not have', () => {
    forEachRecord(name, full, ({ value, schema }) => {
      const named = Object.keys(schema['properties'] as Schema).filter((field) => !RESERVED.includes(field));
      expect(Object.keys(value).sort()).toEqual(named.sort());
    });
  });

  test('tolerates an unknown field at any depth, and closed it refuses one', () => {
    forEachRecord(name, full, ({ value }, document) => {
      value['unknown_field'] = true;
      expect(validateOpen(name)(document)).toBe(true);
      expect(validateClosed(name)(document)).toBe(false);
    });
  });

  test('refuses a field of another type at any depth', () => {
    forEachRecord(name, full, ({ value }, document) => {
      for (const [field, kept] of Object.entries(value)) {
        value[field] = [[null]];
        expect(validateOpen(name)(document), field).toBe(false);
        value[field] = kept;
      }
    });
  });
});

function withoutHold<T extends { held: unknown }>({ held: _held, ...rest }: T): Omit<T, 'held'> {
  return rest;
}

/** Objects that are optional as a whole, with their required fields alone. */
const OPTIONAL_OBJECTS: [reference: string, minimal: Record<string, unknown>][] = [
  ['parts.schema.json#/$defs/deprecation', { message: 'Old.' } satisfies Minimal<Deprecation>],
  ['version-entry.schema.json#/properties/yanked', { reason: 'Broken.' } satisfies VersionEntry['yanked']],
  [
    'status.schema.json#/properties/sources/items/properties/error',
    { code: 'timeout', message: 'No answer.' } satisfies SourceStatus['error'],
  ],
  ['health.schema.json#/properties/index/anyOf/0', withoutHold(EXAMPLES.health.full.index)],
  ['pointer.schema.json#/properties/held', EXAMPLES.pointer.full.held],
];

describe('an optional object', () => {
  test.each(OPTIONAL_OBJECTS)('%s refuses to be without any one of its required fields', (reference, minimal) => {
    const validate = validateOpen(reference);
    expect(validate(minimal)).toBe(true);
    for (const field of Object.keys(minimal)) {
      const { [field]: _, ...rest } = minimal;
      expect(validate(rest), field).toBe(false);
    }
  });
});

const SHA = 'a'.repeat(64);
const GRAMMARS: [reference: string, admitted: string[], refused: string[]][] = [
  [
    'parts.schema.json#/$defs/version',
    ['1.4.0', '0.0.0', '1.0.0-rc.1', '1.0.0-0a.b-c', '1.0.0+build.5', '10.20.30-alpha.1+001.sha-5114f85'],
    ['v1.4.0', '1.4', '1.4.0.1', '01.4.0', '1.0.0-01', '1.0.0-', '1.0.0+', '1.4.0\n', `1.0.0-${'a'.repeat(128)}`],
  ],
  [
    'parts.schema.json#/$defs/timestamp',
    ['2026-01-02T03:04:05Z', '2016-12-31T23:59:60Z', '2026-01-02T03:04:05.123456789Z'],
    ['2026-01-02', '2026-01-02T03:04:05', '2026-01-02T03:04:05+01:00', '2026-13-02T03:04:05Z', '2026-01-02 03:04:05Z'],
  ],
  [
    'parts.schema.json#/$defs/digest',
    [`sha256:${SHA}`],
    [SHA, `sha256:${'A'.repeat(64)}`, `sha256:${SHA.slice(1)}`, `sha512:${SHA}${SHA}`],
  ],
  [
    'parts.schema.json#/$defs/segment',
    ['k3s', 'cert-manager', 'a.b_c', 'cri--o'],
    ['', 'Kubernetes', 'a/b', '..', '-a', 'a-', 'a b', 'a'.repeat(101)],
  ],
  ['parts.schema.json#/$defs/extension_id', ['taskserv/cri-o'], ['cri-o', 'a/b/c', 'A/b', 'a/', '../a']],
  [
    'parts.schema.json#/$defs/document_path',
    ['extensions', 'extensions/taskserv/cri-o/versions', 'pages/1'],
    ['', '/extensions', 'extensions/', 'a//b', '../a', 'a/../b'],
  ],
  [
    'parts.schema.json#/$defs/reference/properties/path',
    [`by-hash/sha256/aa/${SHA}.json`],
    [`by-hash/sha256/${SHA}.json`, `../by-hash/sha256/aa/${SHA}.json`, 'by-hash/sha256/aa/aa.json'],
  ],
  [
    'parts.schema.json#/$defs/download_url',
    ['/api/v1/extensions/a/b/1.0.0%2Bc', 'https://registry.example.org/base/api/v1/extensions/a/b/1.0.0/c.tar.gz'],
    ['https://git.example.org/attachments/1', '/attachments/1', 'javascript:alert(1)', '/api/v1/extensions/'],
  ],
  [
    'parts.schema.json#/$defs/web_address',
    ['https://example.org/', 'http://127.0.0.1:8082'],
    ['', 'javascript:alert(1)', '//example.org', 'ftp://example.org/'],
  ],
  ['parts.schema.json#/$defs/repository_page', ['', 'https://example.org/'], ['javascript:alert(1)', 'example.org']],
  ['parts.schema.json#/$defs/code', ['timeout', 'no_asset'], ['', 'Not_Found', 'not-found', '_a']],
  ['parts.schema.json#/$defs/source_kind', ['gitea', 'oci'], ['', 'Gitea', 'a b']],
  ['parts.schema.json#/$defs/media_type', ['application/gzip', 'application/vnd.oci.a+json'], ['gzip', 'a /b', '/b']],
  ['parts.schema.json#/$defs/platform', ['linux/amd64', 'linux/arm64/v8'], ['linux', 'linux/', 'a/b/c/d']],
  ['parts.schema.json#/$defs/digest_origin', ['registry', 'computed', 'sidecar'], ['guessed']],
  ['asset.schema.json#/properties/name', ['a.tar.gz', 'Übersicht 1.txt'], ['', 'a/b', 'a\\b', 'a\nb', 'a'.repeat(201)]],
];

describe('the grammar of', () => {
  test.each(GRAMMARS)('%s admits what it should and refuses the rest', (reference, admitted, refused) => {
    const validate = validateOpen(reference);
    expect(admitted.filter((text) => !validate(text))).toEqual([]);
    expect(refused.filter((text) => validate(text))).toEqual([]);
  });

  test('a location refuses a URL and, closed, two keys at once', () => {
    const [attachment, layer] = EXAMPLES.asset.full.locations;
    const location = 'parts.schema.json#/$defs/location';
    expect(validateOpen(location)({ url: 'https://git.example.org/x' })).toBe(false);
    expect(validateClosed(location)({ ...attachment, ...layer })).toBe(false);
  });

  test('the schema number refuses a higher one', () => {
    expect(validateOpen('pointer')({ ...EXAMPLES.pointer.full, schema: 2 })).toBe(false);
  });
});

describe('the words of the contract', () => {
  test('name every problem code', () => {
    const { properties } = resolveReference('parts.schema.json#/$defs/finding', open) as {
      properties: { code: { description: string } };
    };
    const named = [...properties.code.description.matchAll(/`([a-z_]+)`/g)].map(([, code = '']) => code);
    expect(named.sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  test('of the README list every schema', async () => {
    const readme = await readFile(new URL('README.md', SCHEMA_FOLDER), 'utf8');
    const listed = [...readme.matchAll(/^\| `([a-z-]+)\.schema\.json`/gm)].map(([, name = '']) => name);
    expect(listed.sort()).toEqual(names);
  });
});
