import { readFileSync } from 'node:fs';
import type { Item } from '../../indexer/model/documents.ts';
import { parseVersion } from '../../indexer/model/version.ts';

/*
 * The catalogue and the queries that search is judged by: real names, honest descriptions, and right answers that were
 * written down before the ranking was looked at.
 */

/** One row is `type/name | author | tags | description`, with `!` before what is deprecated. */
const ROW = /^(!?)([^/]+)\/(\S+) \| (\S+) \| (\S+) \| (.+)$/;
/** Whose extensions the registry has as well as the forge. */
const AT_BOTH = new Set(['security-team', 'registry-team']);

export interface RelevanceQuery {
  kind: string;
  text: string;
  /** Any of them is the right first answer; none where nothing may be found. */
  right: string[];
}

/** 300 items, sorted by type, then name, as the list is. */
export function readCatalogue(): Item[] {
  const items = linesOf('catalogue.txt').map((line) => {
    const found = ROW.exec(line);
    if (found === null) throw new TypeError(`${line} is no row of the catalogue.`);
    const [, mark, type = '', name = '', author = '', tags = '', description = ''] = found;
    return {
      name,
      type,
      version: parseVersion('1.0.0'),
      description,
      author,
      repository: `https://git.example.org/extensions/${name}`,
      source: 'gitea',
      published_at: '2026-01-02T03:04:05Z',
      tags: tags.split(','),
      sources: AT_BOTH.has(author) ? ['gitea', 'oci'] : ['gitea'],
      ...(mark === '!' && { deprecated: { message: 'Use another one.' } }),
    };
  });
  return items.sort((a, b) => (a.type < b.type || (a.type === b.type && a.name < b.name) ? -1 : 1));
}

export function readQueries(): RelevanceQuery[] {
  const queries: RelevanceQuery[] = [];
  let kind = '';
  for (const line of linesOf('queries.txt')) {
    if (line.startsWith('# ')) kind = line.slice(2);
    else {
      const [text = '', right = ''] = line.split(/ =>\s*/);
      queries.push({ kind, text, right: right === '' ? [] : right.split(', ') });
    }
  }
  return queries;
}

function linesOf(file: string): string[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line.trim() !== '');
}
