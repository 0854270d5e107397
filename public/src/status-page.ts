import type { CrawlDocument, Pointer, SourceStatus, StatusDocument } from '../../indexer/model/documents.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import { fill, find, foreign, h, type Child } from './dom.ts';
import { section } from './extension-view.ts';
import { isStale } from './notices.ts';
import { isGrave, problemTitle, renderProblem } from './problems.ts';
import { mark } from './rows.ts';
import { causeOf, startShell } from './shell.ts';
import { startSuggestions } from './suggestions.ts';
import { loadDocument } from './site.ts';
import { counted, formatCount, formatSize } from './sizes.ts';
import { emptyState, faultState } from './states.ts';
import { renderTable } from './tables.ts';
import { duration, timeElement } from './times.ts';

/*
 * `status.html`: how much of what the registry shows can be relied on just now.
 */

/** Problems of one code that are shown before somebody asks for all. */
const FEW = 20;

const main = find('#main');
const shell = startShell({
  documents: { 'The status as JSON': 'status', 'The crawl': 'crawl' },
});
startSuggestions(shell);

async function load(pointer: Promise<Pointer>): Promise<void> {
  try {
    const [status, crawl, read] = await Promise.all([
      loadDocument<StatusDocument>('status'),
      // It is told beside; a site without it is as good.
      loadDocument<CrawlDocument>('crawl').catch(() => undefined),
      pointer,
    ]);
    fill(
      main,
      renderHead(status, read),
      renderSources(status.sources),
      renderProblems(status.problems),
      crawl && renderCrawl(crawl),
    );
  } catch (fault) {
    const error = await causeOf(fault, pointer);
    fill(
      main,
      faultState(error, () => void load(shell.readPointer())),
    );
  }
  main.removeAttribute('aria-busy');
}

function renderHead({ sources, checked_at: checkedAt }: StatusDocument, pointer: Pointer): HTMLElement {
  const carried = sources.filter((each) => each.carried_since !== undefined);
  const [tone, title] = isStale(pointer, Date.now())
    ? (['bad', 'The index is stale'] as const)
    : carried.length > 0
      ? (['warn', `${counted(carried.length, 'source')} could not be read`] as const)
      : (['good', 'Everything is current'] as const);
  const { extensions, versions } = pointer.counts;
  return h(
    'div',
    { class: 'lead' },
    h('p', { class: `verdict ${tone}` }, h('span', { class: 'lamp' }), 'Status'),
    h('h1', {}, title),
    h(
      'p',
      { class: 'description' },
      'Last checked ',
      timeElement(checkedAt),
      `; generation ${formatCount(pointer.generation)} with ${counted(extensions, 'extension')} in ${counted(versions, 'version')} was made `,
      timeElement(pointer.created),
      '.',
    ),
  );
}

function renderSources(sources: readonly SourceStatus[]): HTMLElement {
  const columns = [
    { title: 'Source' },
    { title: 'State' },
    { title: 'Last read' },
    { title: 'Extensions', kind: 'number' as const },
    { title: 'Releases', kind: 'number' as const },
    { title: 'Problems', kind: 'number' as const },
  ];
  const rows = sources.map((source) => [
    h(
      'span',
      { class: 'version-cell' },
      foreign(source.name, { class: 'strong' }),
      source.kind !== source.name && mark(source.kind),
    ),
    stateOf(source),
    source.last_success === undefined ? 'never' : timeElement(source.last_success),
    formatCount(source.extensions),
    formatCount(source.releases),
    formatCount(source.problems),
  ]);
  const errors = sources.flatMap(({ name, error }) => (error === undefined ? [] : [renderError(name, error)]));
  return section('Sources', renderTable('Sources', columns, rows), ...errors);
}

function stateOf({ carried_since: since, error }: SourceStatus): Child {
  if (since !== undefined)
    return h(
      'span',
      { class: 'version-cell' },
      mark('carried forward', 'warn'),
      h('span', { class: 'soft' }, 'since ', timeElement(since)),
    );
  return error === undefined ? mark('current', 'good') : mark('failed', 'bad');
}

function renderError(name: string, { code, message }: { code: string; message: string }): HTMLElement {
  return h(
    'p',
    { class: 'warning warn' },
    h(
      'span',
      {},
      foreign(message.startsWith(`${name}:`) ? message : `${name}: ${message}`),
      ' (',
      h('code', {}, code),
      ')',
    ),
  );
}

function renderProblems({ total, by_code: byCode, first }: StatusDocument['problems']): HTMLElement {
  if (total === 0)
    return section(
      'Problems',
      emptyState({ title: 'None' }, h('p', {}, 'Every release that was found is listed in full.')),
    );
  const groups = Map.groupBy(first, ({ code }) => code);
  const codes = [...new Set([...groups.keys(), ...Object.keys(byCode)])];
  const told =
    first.length < total
      ? `The ${formatCount(first.length)} gravest of ${formatCount(total)}.`
      : `${counted(total, 'problem')} that did not stop the crawl.`;
  return section(
    'Problems',
    h('p', { class: 'soft' }, `${told} Each stands with its remedy.`),
    ...codes.map((code) =>
      renderGroup(
        code,
        groups.get(code as Problem['code']) ?? [],
        (byCode as Readonly<Record<string, number>>)[code] ?? 0,
      ),
    ),
  );
}

function renderGroup(code: string, problems: readonly Problem[], total: number): HTMLElement {
  const list = h('ul', {}, ...problems.slice(0, FEW).map(renderProblem));
  const rest = problems.slice(FEW);
  const button = h('button', { type: 'button', class: 'button' }, `Show ${rest.length} more`);
  button.addEventListener('click', () => {
    const lines = rest.map(renderProblem);
    list.append(...lines);
    button.remove();
    // Who pressed it goes on where the new ones begin.
    if (lines[0] !== undefined) lines[0].tabIndex = -1;
    lines[0]?.focus();
  });
  return h(
    'details',
    { class: 'problem-group', open: isGrave(code) },
    h('summary', {}, h('h3', {}, problemTitle(code)), mark(formatCount(total), isGrave(code) ? 'bad' : 'plain')),
    h('p', { class: 'remedy' }, problems[0]?.remedy ?? 'Its lines are not among those that are published.'),
    list,
    rest.length > 0 && button,
  );
}

function renderCrawl({ started_at: started, finished_at: finished, sources }: CrawlDocument): HTMLElement {
  const columns = [
    { title: 'Source' },
    { title: 'Requests', kind: 'number' as const },
    { title: 'Retries', kind: 'number' as const },
    { title: 'Files read', kind: 'number' as const },
    { title: 'Bytes read', kind: 'number' as const },
    { title: 'Time', kind: 'number' as const },
  ];
  const rows = sources.map((each) => [
    foreign(each.name),
    formatCount(each.requests),
    formatCount(each.retries),
    formatCount(each.assets_read),
    formatSize(each.bytes_read),
    seconds(each.duration_ms),
  ]);
  const took = Date.parse(finished) - Date.parse(started);
  return section(
    'The last crawl',
    h('p', { class: 'soft' }, 'Began ', timeElement(started), ` and took ${seconds(took)}.`),
    renderTable('The last crawl', columns, rows),
  );
}

function seconds(ms: number): string {
  if (ms >= 60_000) return duration(ms);
  return ms < 50 ? 'less than 0.1 s' : `${(ms / 1000).toFixed(1)} s`;
}

void load(shell.pointer());
