import type { Item, Pointer } from '../../indexer/model/documents.ts';
import { copyButton } from './copy-button.ts';
import { fill, find, h, type Child } from './dom.ts';
import { loadFile } from './load.ts';
import { filledPath, operationsOf, type OpenApi, type Operation } from './openapi.ts';
import { startShell } from './shell.ts';
import { startSuggestions } from './suggestions.ts';
import { API, loadDocument } from './site.ts';
import { faultState } from './states.ts';
import { renderTable } from './tables.ts';

/*
 * `api.html`: every address of the registry as its OpenAPI document tells it, with examples that are about something that
 * this very site has.
 */

const main = find('#main');
/** Where the site begins: what the document's paths are relative to. */
const ROOT = new URL('.', document.baseURI);
type Values = Readonly<Record<string, string | undefined>>;

const shell = startShell({ documents: { 'The pointer as JSON': '' } });
startSuggestions(shell);

async function load(pointer: Promise<Pointer>): Promise<void> {
  try {
    const [api, known, items] = await Promise.all([
      loadFile<OpenApi>('schema/v1/openapi.json', ROOT),
      pointer.catch(() => undefined),
      loadDocument<Item[]>('pages/1').catch(() => []),
    ]);
    fill(main, ...renderApi(api, valuesOf(items, known)));
    // The address may name a part that was not there when it was followed.
    if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    fill(
      main,
      faultState(error, () => void load(shell.readPointer())),
    );
  }
  main.removeAttribute('aria-busy');
}

/** What the examples are about: the first extension that can be downloaded. */
function valuesOf(items: readonly Item[], known: Pointer | undefined): Values {
  const item =
    items.find(({ download_url: url, sources }) => url !== undefined && (sources?.length ?? 0) > 0) ?? items[0];
  const [, prefix, file] = /sha256\/(..)\/(.+)$/.exec(known?.manifest.path ?? '') ?? [];
  const feed = item && `${item.type}.xml`;
  return {
    feed,
    type: item?.type,
    name: item?.name,
    version: item?.version,
    source: item?.source,
    page: '1',
    prefix,
    file,
  };
}

function renderApi(api: OpenApi, values: Values): Child[] {
  const operations = operationsOf(api);
  const groups = api.tags.map(({ name, description }) => ({
    name,
    description,
    all: operations.filter(({ tag }) => tag === name),
  }));
  const base = API.href.replace(/\/$/, '');
  return [
    h(
      'div',
      { class: 'lead' },
      h('h1', {}, 'API'),
      h(
        'p',
        { class: 'description' },
        'Everything is read with GET. Documents are files, so they work on any host; queries, downloads and health need the proxy.',
      ),
      h(
        'p',
        { class: 'base' },
        h('span', {}, 'Base address'),
        h('code', {}, base),
        copyButton(base, 'the base address'),
      ),
    ),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'body' }, ...groups.map((group) => renderGroup(group, values))),
      h(
        'aside',
        { class: 'facts contents', 'aria-label': 'Contents' },
        ...groups.map(({ name, all }) => h('section', {}, h('h2', {}, name), h('ul', {}, ...all.map(contentsLine)))),
        h(
          'p',
          {},
          h('a', { href: 'schema/v1/openapi.json' }, 'OpenAPI document'),
          ' and ',
          h('a', { href: 'schema/v1/README.md' }, 'schemas'),
        ),
      ),
    ),
  ];
}

function contentsLine({ id, summary }: Operation): HTMLElement {
  return h('li', {}, h('a', { href: `#${id}` }, summary));
}

function renderGroup(
  { name, description, all }: { name: string; description: string; all: readonly Operation[] },
  values: Values,
): HTMLElement {
  return h(
    'section',
    {},
    h('h2', {}, name),
    h('p', { class: 'soft' }, ...withCode(description)),
    ...all.map((each) => renderOperation(each, values)),
  );
}

function renderOperation(operation: Operation, values: Values): HTMLElement {
  const { id, path, summary, description, file } = operation;
  const parameters = operation.parameters.filter((each) => each.in !== 'header');
  return h(
    'article',
    { class: 'operation', id, 'aria-label': summary },
    h('h3', {}, h('a', { href: `#${id}` }, summary)),
    h('p', { class: 'path' }, h('code', {}, path), file === undefined && h('span', { class: 'mark' }, 'proxy')),
    description !== '' && h('p', { class: 'soft' }, ...withCode(description)),
    parameters.length > 0 &&
      renderTable(
        `Parameters of ${summary}`,
        [{ title: 'Parameter' }, { title: 'Where', kind: 'minor' }, { title: 'What it is' }],
        parameters.map((each) => [h('code', {}, each.name), each.in, h('span', {}, ...withCode(each.description))]),
      ),
    renderExample(operation, values),
    renderAnswers(operation),
  );
}

/** A command for this very site, and the address to look at. */
function renderExample({ path, file, parameters, tag, summary }: Operation, values: Values): HTMLElement | undefined {
  // The same word means a document's digest elsewhere.
  const filled = filledPath(file ?? path, tag === 'Files' ? { file: 'item.schema.json' } : values);
  if (filled === undefined) return undefined;
  const query = new URLSearchParams(
    parameters.flatMap((each) => (each.name === 'q' && values['name'] !== undefined ? [['q', values['name']]] : [])),
  );
  const address = new URL(filled.replace(/^\//, ''), ROOT);
  address.search = query.toString();
  const command = tag === 'Downloads' ? `curl -fsSLOJ '${address.href}'` : `curl -fsS '${address.href}'`;
  return h(
    'figure',
    { class: 'command' },
    h(
      'figcaption',
      {},
      h('a', { href: address.href, 'aria-label': `Open the example of ${summary}` }, 'Open'),
      copyButton(command, `the example of ${summary}`),
    ),
    h('pre', { tabindex: 0 }, h('code', {}, command)),
  );
}

function renderAnswers({ responses, summary }: Operation): HTMLElement {
  const example = responses
    .flatMap(({ content = {} }) => Object.values(content))
    .find((each) => each.example !== undefined)?.example;
  const text = typeof example === 'string' ? example : JSON.stringify(example, undefined, 2);
  return h(
    'details',
    {},
    h('summary', {}, 'Answers'),
    renderTable(
      `Answers of ${summary}`,
      [{ title: 'Status' }, { title: 'When' }],
      responses.map(({ status, description }) => [h('code', {}, status), h('span', {}, ...withCode(description))]),
    ),
    example !== undefined && h('pre', { class: 'sample', tabindex: 0 }, h('code', {}, text)),
  );
}

/** What stands between backticks is code. */
function withCode(text: string): Child[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? h('code', {}, part) : part));
}

void load(shell.pointer());
