import { readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { closeSchemas, readSchemas, SCHEMA_FOLDER, type Schema } from '../schema/contract.ts';
import type { Answer } from './http.ts';

/*
 * The OpenAPI document as a judge of answers. The schemas are closed: what we answer must be named in the contract.
 */

interface Header {
  required?: boolean;
  schema: Schema;
  example?: unknown;
}

interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Response {
  description: string;
  headers?: Record<string, Header>;
  content?: Record<string, Media>;
}

export interface Parameter extends Media {
  name: string;
  in: 'path' | 'query' | 'header';
}

export interface Operation {
  operationId: string;
  parameters?: Parameter[];
  responses: Record<string, Response>;
}

export interface PathItem {
  'x-also-at'?: string[];
  parameters?: Parameter[];
  get: Operation;
  head?: Operation;
}

interface Responses {
  responses: Record<string, Response>;
}

export interface OpenApiDocument {
  paths: Record<string, PathItem>;
  'x-every-path': { options: Responses; other: Responses };
  components: { headers: Record<string, Header>; parameters: Record<string, Parameter> };
}

const BASE = 'https://extension-registry.invalid/schema/v1/';
const ajv = new Ajv2020({ strict: true, allErrors: true, schemas: [...closeSchemas(await readSchemas()).values()] });
const validators = new Map<Schema, ValidateFunction>();

/** Every reference within it is resolved; those to the schemas beside it stand. */
export const openApi = resolveReferences(
  JSON.parse(await readFile(new URL('openapi.json', SCHEMA_FOLDER), 'utf8')),
) as OpenApiDocument;

function resolveReferences(document: unknown): unknown {
  const resolved = new Map<string, unknown>();
  const resolve = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(resolve);
    const { $ref } = node as { $ref?: string };
    if ($ref === undefined || !$ref.startsWith('#/')) {
      return Object.fromEntries(Object.entries(node).map(([key, each]) => [key, resolve(each)]));
    }
    if (!resolved.has($ref)) {
      let target = document;
      for (const key of $ref.slice(2).split('/')) target = (target as Record<string, unknown> | undefined)?.[key];
      if (target === undefined) throw new Error(`${$ref} leads nowhere.`);
      resolved.set($ref, resolve(target));
    }
    return resolved.get($ref);
  };
  return resolve(document);
}

/** What a value breaks of a schema of the document. */
export function schemaFaults(schema: Schema, value: unknown): string[] {
  let validate = validators.get(schema);
  if (validate === undefined) {
    const shut = 'properties' in schema ? { ...schema, additionalProperties: false } : schema;
    validate = ajv.compile({ $id: `${BASE}openapi-${validators.size}`, ...shut });
    validators.set(schema, validate);
  }
  validate(value);
  return (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`);
}

/** A field of a header or a parameter as its schema takes it. */
export function typedValue({ type }: Schema, text: string): unknown {
  return type === 'integer' && /^\d+$/.test(text) ? Number(text) : text;
}

/** As the router does: a literal segment before a parameter. */
const templates = Object.entries(openApi.paths)
  .flatMap(([path, item]) => [path, ...(item['x-also-at'] ?? [])].map((template) => ({ template, item })))
  .map(({ template, item }) => ({
    item,
    rank: template.replaceAll(/\{\w+\}/g, '\u{10ffff}'),
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))
  .sort((a, b) => (a.rank < b.rank ? -1 : 1));

/** The path item that a target (path and query, as sent) belongs to. */
export function itemOf(target: string): PathItem | undefined {
  const path = target.split('?', 1)[0] ?? '';
  return templates.find(({ pattern }) => pattern.test(path))?.item;
}

export interface Asked {
  method: string;
  /** Path and query, as sent. */
  target: string;
}

/** What the document does not say of an answer, or says otherwise. */
export function faultsOf({ method, target }: Asked, answer: Answer): string[] {
  const documented = responsesOf(method, itemOf(target));
  // Nothing at such a path: an error in the shape of all errors, or the page for people.
  if (documented === undefined) return isRefusal(answer) ? [] : ['the path is not documented'];
  const response = documented[String(answer.status)];
  if (response === undefined) return [`the status ${answer.status} is not documented`];
  return [...headerFaults(response, answer), ...(method === 'HEAD' ? [] : bodyFaults(response, answer))];
}

function responsesOf(method: string, item: PathItem | undefined): Record<string, Response> | undefined {
  const every = openApi['x-every-path'];
  if (method === 'OPTIONS') return every.options.responses;
  if (method !== 'GET' && method !== 'HEAD') return { ...every.options.responses, ...every.other.responses };
  return method === 'HEAD' ? (item?.head ?? item?.get)?.responses : item?.get.responses;
}

function isRefusal({ status, headers, text }: Answer): boolean {
  const isError = headers['content-type'] === 'application/json; charset=utf-8' || text === '';
  return (
    [400, 404, 414, 431, 503].includes(status) && (isError || headers['content-type']?.startsWith('text/html') === true)
  );
}

function headerFaults(response: Response, { headers }: Answer): string[] {
  return Object.entries(response.headers ?? {}).flatMap(([name, { required, schema }]) => {
    const value = headers[name.toLowerCase()];
    if (value === undefined) return required === true ? [`${name} is missing`] : [];
    return schemaFaults(schema, typedValue(schema, String(value))).map((each) => `${name}: ${each}`);
  });
}

function bodyFaults({ content }: Response, { headers, body, text }: Answer): string[] {
  if (content === undefined) return body.length === 0 ? [] : ['there is a body'];
  const type = headers['content-type']?.split(';', 1)[0] ?? '';
  const media = content[type];
  if (media === undefined) return [`the content type ${type} is not documented`];
  if (media.schema === undefined || type !== 'application/json' || headers['content-encoding'] !== undefined) return [];
  return schemaFaults(media.schema, JSON.parse(text)).map((each) => `the body: ${each}`);
}

/** @throws Error that names the request and all faults of its answer */
export function expectDocumented(asked: Asked, answer: Answer): void {
  const faults = faultsOf(asked, answer);
  if (faults.length === 0) return;
  throw new Error(`${asked.method} ${asked.target} (${answer.status}) is not as documented: ${faults.join('; ')}.`);
}
