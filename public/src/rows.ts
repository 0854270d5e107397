import type { Row } from './answer.ts';
import { foreign, h, type Child } from './dom.ts';
import { extensionAddress, listAddress } from './links.ts';
import { counted } from './sizes.ts';
import { timeElement } from './times.ts';

/** How many tags of one extension the list shows. */
const MAX_TAGS = 6;

export function renderRow(row: Row): HTMLElement {
  const { type, name, version, description, item } = row;
  return h(
    'li',
    { class: 'row' },
    h(
      'div',
      { class: 'row-head' },
      h(
        'a',
        { class: 'row-name', href: extensionAddress(`${type}/${name}`) },
        h('span', { class: 'type' }, `${type}/`),
        name,
      ),
      h('span', { class: 'version' }, version),
      ...marksOf(row),
      item && h('span', { class: 'row-time' }, timeElement(item.published_at)),
    ),
    description !== '' && h('p', { class: 'row-text', dir: 'auto' }, description),
    h('p', { class: 'row-foot' }, ...footOf(row)),
  );
}

export function mark(text: string, tone: 'good' | 'warn' | 'bad' | 'plain' = 'plain', title?: string): HTMLElement {
  return h('span', { class: `mark ${tone}`, title }, text);
}

function marksOf({ deprecated, yanked, item }: Row): Child[] {
  return [
    item?.prerelease === true && mark('prerelease'),
    deprecated && mark('deprecated', 'warn'),
    yanked && mark('yanked', 'bad'),
    item !== undefined && item.problems > 0 && mark(counted(item.problems, 'problem'), 'warn'),
  ];
}

function footOf({ tags, sources, item }: Row): Child[] {
  const shown = tags.slice(0, MAX_TAGS);
  return [
    ...shown.map((tag) => h('a', { class: 'tag', href: listAddress({ tag: [tag] }) }, foreign(tag))),
    tags.length > shown.length && h('span', { class: 'more-tags' }, `+${tags.length - shown.length}`),
    h('span', { class: 'row-facts' }, ...factsOf(sources, item)),
  ];
}

function factsOf(sources: Row['sources'], item: Row['item']): Child[] {
  const facts = [sources.join(', '), item?.license, item?.version_count && counted(item.version_count, 'version')];
  return facts.filter(Boolean).map((fact) => foreign(String(fact)));
}
