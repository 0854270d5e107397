import type { Item, Pointer } from '../../indexer/model/documents.ts';
import { renderSearchDocument } from '../../indexer/site/search.ts';
import { answer, rowOfItem, type Answer, type Corpus, type Facets, type Row } from './answer.ts';
import { fill, find, h, keepFocus } from './dom.ts';
import { createFilterPanel, lastBadge } from './filters.ts';
import {
  isUnfiltered,
  isWholeList,
  parseListState,
  renderListState,
  SORTS,
  STEP,
  toggleFilter,
  type ListState,
} from './list-state.ts';
import { startRowKeys } from './row-keys.ts';
import { renderRow } from './rows.ts';
import { createSearchClient, type SearchClient } from './search-client.ts';
import { startShell } from './shell.ts';
import { loadDocument } from './site.ts';
import { counted, formatCount } from './sizes.ts';
import { emptyState, faultState } from './states.ts';
import { timeElement } from './times.ts';

/*
 * `index.html`: the list. Its first view needs the pointer and the first page of the list; everything else is asked of
 * the whole catalogue, which is loaded when somebody goes to the search box or the filters.
 */

/** How long somebody has to pause before the address follows: browsers refuse many changes of it in a short time. */
const ADDRESS_DELAY_MS = 250;

const shell = startShell({
  documents: { 'The list as JSON': 'extensions', 'New versions (Atom)': 'feeds/index.xml' },
});
const { search: box } = shell;
const results = find<HTMLOListElement>('#results');
const count = find('#count');
const sort = find<HTMLSelectElement>('#sort');
const more = find('#more');

let state = parseListState(location.search);
const panel = createFilterPanel(
  (name, value) => go(toggleFilter(state, name, value)),
  () => go({ ...state, type: [], source: [], tag: [], shown: STEP }),
);
let catalogue: Catalogue | undefined;
/** Counts the questions, so that an old answer is never shown over a newer one. */
let asked = 0;
/** What the rows on the page answer. */
let shownQuestion: string | undefined;
let addressTimer: ReturnType<typeof setTimeout> | undefined;

/** Search documents of more are cut into shards. */
const MAX_ORDERED = 10_000;

interface Catalogue {
  pointer: Pointer;
  client: SearchClient;
  firstPage: readonly Item[];
  /** Where the first page is all there is. */
  small?: Corpus;
  /** The whole was asked for already. */
  prepared: boolean;
}

async function load(coming: Promise<Pointer>): Promise<void> {
  const page = isWholeList(state) ? loadDocument<Item[]>('pages/1') : undefined;
  page?.catch(() => undefined);
  try {
    const pointer = await coming;
    const firstPage = (await page) ?? [];
    showSummary(pointer);
    catalogue = {
      pointer,
      firstPage,
      client: createSearchClient(pointer),
      prepared: false,
      ...smallCorpus(firstPage, pointer),
    };
    await refresh();
  } catch (error) {
    showFault(error);
  }
}

/** A catalogue of one page is filtered and sorted without asking anybody. */
function smallCorpus(items: readonly Item[], { counts }: Pointer): Pick<Catalogue, 'small'> {
  if (items.length < counts.extensions || items.length === 0) return {};
  return { small: { document: renderSearchDocument(items), items, find: () => [] } };
}

async function refresh(): Promise<void> {
  if (catalogue === undefined) return;
  asked += 1;
  const own = asked;
  results.setAttribute('aria-busy', 'true');
  try {
    const found = await answerOf(catalogue, state);
    if (found !== undefined && own === asked) show(found);
  } catch (error) {
    if (own === asked) showFault(error);
  }
}

async function answerOf(
  { small, firstPage, pointer, client, prepared }: Catalogue,
  question: ListState,
): Promise<Answer | undefined> {
  if (small !== undefined && question.text.trim() === '') return answer(small, question);
  const enough = Math.min(question.shown, pointer.counts.extensions);
  if (!prepared && isWholeList(question) && enough <= firstPage.length) {
    const rows = firstPage.slice(0, question.shown).map(rowOfItem);
    return { total: pointer.counts.extensions, rows, facets: facetsOf(pointer), complete: true };
  }
  if (catalogue !== undefined) catalogue.prepared = true;
  return client.ask(question);
}

/** Before the whole is there: the types as the pointer counts them, and the names of the sources. */
function facetsOf({ counts, sources }: Pointer): Facets {
  const types = Object.entries(counts.by_type).sort(([, a], [, b]) => b - a);
  return { type: types, source: sources.length > 1 ? sources.map(({ name }) => [name, -1]) : [], tag: [] };
}

function show({ total, rows, facets, complete }: Answer): void {
  results.removeAttribute('aria-busy');
  // A tag that was followed is a badge now, and its row may be gone.
  keepFocus(() => {
    panel.show(state, facets);
    showSort();
    showRows(rows);
    fill(count, countText(total, complete));
    showMore(rows.length, total);
  }, lastBadge);
}

/** More of the same list is put below what is there. */
function showRows(rows: readonly Row[]): void {
  const question = renderListState({ ...state, shown: STEP });
  const there = question === shownQuestion ? results.querySelectorAll('.row-name').length : 0;
  shownQuestion = question;
  if (rows.length === 0) return fill(results, h('li', {}, nothingFound()));
  if (there === 0 || there > rows.length) return fill(results, ...rows.map(renderRow));
  results.append(...rows.slice(there).map(renderRow));
  // Who pressed the button goes on where the new rows begin.
  if (document.activeElement?.id === 'more-button') rowLinks()[there]?.focus();
}

function showMore(there: number, total: number): void {
  const rest = total - there;
  if (rest <= 0) return fill(more);
  const next = (): void => go({ ...state, shown: state.shown + STEP });
  fill(
    more,
    h(
      'button',
      { type: 'button', class: 'button', id: 'more-button', onclick: next },
      `Show ${Math.min(STEP, rest)} more`,
    ),
    h('span', {}, `${formatCount(there)} of ${formatCount(total)}`),
  );
}

function countText(total: number, complete: boolean): string {
  const text = state.text.trim();
  const what = text === '' ? (isUnfiltered(state) ? '' : ' with these filters') : ` for “${text}”`;
  return `${complete ? '' : 'At least '}${counted(total, 'extension')}${what}`;
}

function nothingFound(): HTMLElement {
  if (catalogue?.pointer.counts.extensions === 0) {
    return emptyState(
      { title: 'Nothing is listed yet' },
      h(
        'p',
        {},
        'The last crawl found no extension. The ',
        h('a', { href: 'status.html' }, 'status'),
        ' tells what it looked at.',
      ),
    );
  }
  const clear = (): void => {
    box.value = '';
    go({ ...parseListState(''), sort: state.sort });
    box.focus();
  };
  const advice = isUnfiltered(state)
    ? 'Fewer or shorter words find more; a typo is forgiven in words of four letters.'
    : 'No extension has it with all of these filters.';
  return emptyState(
    { title: 'Nothing found' },
    h('p', {}, advice),
    h('p', {}, h('button', { type: 'button', class: 'button', onclick: clear }, 'Show everything')),
  );
}

function showFault(error: unknown): void {
  results.removeAttribute('aria-busy');
  const retry = (): void => {
    // What the old pointer names may be gone by now.
    catalogue?.client.close();
    catalogue = undefined;
    void load(shell.readPointer());
  };
  shownQuestion = undefined;
  fill(results, h('li', {}, faultState(error, retry, 'h2')));
  fill(count);
  fill(more);
  fill(find('#facets'));
}

function showSummary({ counts, checked_at: checkedAt }: Pointer): void {
  fill(
    find('#summary'),
    `${counted(counts.extensions, 'extension')} in ${counted(counts.versions, 'version')}, checked `,
    timeElement(checkedAt),
  );
}

/** By time only what is read whole can be ordered. */
function showSort(): void {
  find('.sort').hidden = (catalogue?.pointer.counts.extensions ?? 0) > MAX_ORDERED;
  sort.value = state.sort;
  const [best] = sort.options;
  if (best !== undefined) best.textContent = state.text.trim() === '' ? 'Type, then name' : 'Best match';
}

/** Something was chosen: a place of its own to come back to. */
function go(next: ListState): void {
  state = next;
  clearTimeout(addressTimer);
  history.pushState(null, '', addressOfState());
  void refresh();
}

function addressOfState(): string {
  return renderListState(state) || location.pathname;
}

box.value = state.text;
box.addEventListener('focus', () => prepare());
box.addEventListener('input', () => {
  state = { ...state, text: box.value, shown: STEP };
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, '', addressOfState()), ADDRESS_DELAY_MS);
  void refresh();
});
find<HTMLFormElement>('#finder').addEventListener('submit', (event) => {
  event.preventDefault();
  if (state.text.trim() !== '' && results.getAttribute('aria-busy') === null) rowLinks()[0]?.click();
});
sort.addEventListener('change', () =>
  go({ ...state, sort: SORTS.find((each) => each === sort.value) ?? 'best', shown: STEP }),
);
results.addEventListener('click', (event) => followTag(event));
for (const event of ['pointerenter', 'focusin']) find('#panel').addEventListener(event, () => prepare());
addEventListener('popstate', () => {
  clearTimeout(addressTimer);
  state = parseListState(location.search);
  box.value = state.text;
  void refresh();
});
startRowKeys(box, rowLinks);

/** Loads the whole, and with it every filter. */
function prepare(): void {
  if (catalogue === undefined || catalogue.prepared || catalogue.small !== undefined)
    return catalogue?.client.prepare();
  catalogue.prepared = true;
  void refresh();
}

/** A tag in the list is a filter of this page, and still a link to open elsewhere. */
function followTag(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a.tag') : null;
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const [tag] = parseListState(new URL(link.href).search).tag;
  if (tag !== undefined && !state.tag.includes(tag)) go(toggleFilter(state, 'tag', tag));
  find('#main').scrollIntoView();
}

function rowLinks(): HTMLAnchorElement[] {
  return [...results.querySelectorAll<HTMLAnchorElement>('a.row-name')];
}

const wide = matchMedia('(min-width: 56rem)');
const fold = (): void => void find('#panel').toggleAttribute('open', wide.matches);
wide.addEventListener('change', fold);
fold();
void load(shell.pointer());
