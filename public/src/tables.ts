import { h, type Child } from './dom.ts';

export interface Column {
  title: string;
  /** Of its cells: `number` at the right, `minor` gone where there is no room. */
  kind?: 'number' | 'minor';
}

/** A table that scrolls by itself where it is too wide. @param label names it where no heading does */
export function renderTable(
  label: string,
  columns: readonly Column[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const head = columns.map(({ title, kind }) => h('th', { scope: 'col', class: kind }, title));
  const body = rows.map((cells) =>
    h('tr', {}, ...cells.map((cell, at) => h('td', { class: columns[at]?.kind }, cell))),
  );
  const table = h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body));
  return h('div', { class: 'scroller', role: 'region', 'aria-label': label, tabindex: 0 }, table);
}
