/** From the root of the file: names of tables and keys, indexes of lists. */
export type KeyPath = readonly (string | number)[];

/** How a key is named to people: `[gitea] url`, `[[source]] "mirror" owns[0]`, `[types] workflow.oci`. */
export function showKey(path: KeyPath, document: unknown): string {
  const [table, ...rest] = path;
  if (table === undefined) return 'the file';
  if (table === 'source' && typeof rest[0] === 'number') {
    return joined(sourceLabel(valueAt(document, [table, rest[0], 'name']), rest[0]), rest.slice(1));
  }
  return joined(tableLabel(String(table), valueAt(document, [table])), rest);
}

/** `[[source]] "mirror"`, or `[[source]] #2` for one whose name is missing. */
export function sourceLabel(name: unknown, index: number): string {
  return `[[source]] ${typeof name === 'string' ? cut(JSON.stringify(name)) : `#${index + 1}`}`;
}

/** A table as it is written in the file; a bare key outside of tables stays bare. */
function tableLabel(name: string, value: unknown): string {
  const key = bareOrQuoted(name);
  if (Array.isArray(value)) return `[[${key}]]`;
  return typeof value === 'object' ? `[${key}]` : key;
}

/** TOML's own rule for keys that need quotes. */
function bareOrQuoted(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : cut(JSON.stringify(key));
}

/** One line stays one line. */
export function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

/** The value at a path, or undefined. */
export function valueAt(document: unknown, path: KeyPath): unknown {
  let value = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function joined(label: string, keys: KeyPath): string {
  const text = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${bareOrQuoted(key)}`)).join('');
  return text === '' ? label : `${label} ${text.replace(/^\./, '')}`;
}
