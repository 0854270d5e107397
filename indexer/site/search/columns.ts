import type { SearchDocument } from '../../model/documents.ts';
import type { Filterable } from './query.ts';

/*
 * What is known of one extension, from columns: of the slim list, or of a shard of records.
 */

export type Columns = Pick<SearchDocument, 'type' | 'name' | 'version' | 'description' | 'author' | 'source' | 'tags'>;

export interface Cells extends Filterable {
  /** `type/name` */
  id: string;
  version: string;
}

export function cellsOf({ type, name, version, description, author, source, tags }: Columns, row: number): Cells {
  const at = (column: readonly string[]): string => column[row] ?? '';
  return {
    id: `${at(type)}/${at(name)}`,
    type: at(type),
    name: at(name),
    version: at(version),
    description: at(description),
    author: at(author),
    sources: source[row] ?? [],
    tags: tags[row] ?? [],
  };
}

/** By name, then type, in code units. */
export function compareNames(a: Cells, b: Cells): number {
  return compare(a.name, b.name) || compare(a.type, b.type);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
