import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** A YAML file of one document. */
export async function readYaml<T>(file: string): Promise<T> {
  return parse(await readFile(file, 'utf8')) as T;
}

/** Every document of the YAML files of a folder, in the order in which kubectl takes them. */
export async function readYamlFolder<T>(folder: string): Promise<T[]> {
  const all: T[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.yaml')).sort()) {
    const documents = parseAllDocuments(await readFile(join(folder, name), 'utf8'));
    if ('empty' in documents) continue;
    all.push(...documents.map((each) => each.toJS() as T));
  }
  return all;
}
