import type { Cells } from './columns.ts';

/*
 * What a search answers, whatever it is made from.
 */

/** An extension at its shown version, with what is needed to show it. */
export interface FoundExtension extends Cells {
  deprecated: boolean;
  /** Good for comparing within one answer only; 0 without words. */
  score: number;
}

export interface SearchAnswer {
  /** Best first; without words, the list from its beginning, filtered. */
  hits: FoundExtension[];
  /** How many there are in all, `hits` among them. */
  total: number;
  /** False where more may pass the filters than were looked at; `total` then counts those that were. */
  complete: boolean;
}

export interface Page {
  limit: number;
  offset: number;
}
