/*
 * What one sees of the list is its address: the query, the filters, the order and how much is shown. PURE.
 */

export const FACETS = ['type', 'source', 'tag'] as const;
export type FacetName = (typeof FACETS)[number];
export type Filters = Readonly<Record<FacetName, readonly string[]>>;

export const SORTS = ['best', 'name', 'newest'] as const;
export type Sort = (typeof SORTS)[number];

export interface ListState extends Filters {
  text: string;
  sort: Sort;
  /** Rows. */
  shown: number;
}

export const STEP = 50;
const MAX_SHOWN = 10_000;
const MAX_TEXT = 256;

/** @param search the query of an address; what is not understood is left out */
export function parseListState(search: string): ListState {
  const query = new URLSearchParams(search);
  const values = (name: FacetName): string[] =>
    [...new Set(query.getAll(name).filter((each) => each !== ''))].slice(0, 20);
  const shown = Number(query.get('show'));
  return {
    text: (query.get('q') ?? '').slice(0, MAX_TEXT),
    type: values('type'),
    source: values('source'),
    tag: values('tag'),
    sort: SORTS.find((each) => each === query.get('sort')) ?? 'best',
    shown: Number.isInteger(shown) && shown > STEP ? Math.min(shown, MAX_SHOWN) : STEP,
  };
}

/** The query of its address, with its question mark; empty for the list as it begins. */
export function renderListState({ text = '', sort = 'best', shown = STEP, ...filters }: Partial<ListState>): string {
  const query = new URLSearchParams();
  if (text !== '') query.set('q', text);
  for (const name of FACETS) for (const value of filters[name] ?? []) query.append(name, value);
  if (sort !== 'best') query.set('sort', sort);
  if (shown > STEP) query.set('show', String(shown));
  return query.size === 0 ? '' : `?${query}`;
}

export function isUnfiltered(state: Filters): boolean {
  return FACETS.every((name) => state[name].length === 0);
}

/** Whether it is the list as it begins, however much of it is shown. */
export function isWholeList(state: ListState): boolean {
  return state.text.trim() === '' && state.sort === 'best' && isUnfiltered(state);
}

/** With the value where it was not, and without it where it was; from the top of the list again. */
export function toggleFilter(state: ListState, name: FacetName, value: string): ListState {
  const others = state[name].filter((each) => each !== value);
  return { ...state, [name]: others.length < state[name].length ? others : [...others, value], shown: STEP };
}
