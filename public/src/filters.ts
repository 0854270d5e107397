import type { Facets } from './answer.ts';
import { fill, find, foreign, h, keepFocus } from './dom.ts';
import { CLOSE, icon } from './icons.ts';
import { FACETS, type FacetName, type ListState } from './list-state.ts';
import { formatCount } from './sizes.ts';

/*
 * Filters with how much each would leave, and a badge for each that is set.
 */

const TITLES: Readonly<Record<FacetName, string>> = { type: 'Type', source: 'Source', tag: 'Tag' };
/** Values that are shown before somebody asks for all. */
const FEW = 10;

export interface FilterPanel {
  /** @param facets a count of -1 is not known yet */
  show(state: ListState, facets: Facets): void;
}

export function createFilterPanel(toggle: (name: FacetName, value: string) => void, clear: () => void): FilterPanel {
  const unfolded = new Set<FacetName>();
  let last: Parameters<FilterPanel['show']> | undefined;
  const group = (name: FacetName, state: ListState, values: Facets[FacetName]): HTMLElement | undefined => {
    if (values.length === 0) return undefined;
    const shown = unfolded.has(name) ? values : values.filter(([value], at) => at < FEW || state[name].includes(value));
    const unfold = (): void => {
      unfolded.add(name);
      if (last !== undefined) panel.show(...last);
      // Its button is gone; who pressed it goes on where the new ones begin.
      const next = values.find((each) => !shown.includes(each));
      if (next !== undefined) find(`#${CSS.escape(idOf(name, next[0]))}`).focus();
    };
    return h(
      'fieldset',
      { class: 'facet' },
      h('legend', {}, TITLES[name]),
      ...shown.map(([value, count]) => option(name, value, { count, chosen: state[name].includes(value), toggle })),
      shown.length < values.length &&
        h('button', { type: 'button', class: 'quiet', onclick: unfold }, `${values.length - shown.length} more`),
    );
  };
  const panel: FilterPanel = {
    show: (state, facets) => {
      last = [state, facets];
      keepFocus(() => {
        fill(find('#facets'), ...FACETS.map((name) => group(name, state, facets[name])));
        const badges = FACETS.flatMap((name) =>
          state[name].map((value) => badge(name, value, () => toggle(name, value))),
        );
        if (badges.length > 1)
          badges.push(h('li', {}, h('button', { type: 'button', class: 'quiet', onclick: clear }, 'Clear all')));
        fill(find('#chosen'), ...badges);
      }, lastBadge);
    },
  };
  return panel;
}

function idOf(name: FacetName, value: string): string {
  return `${name}-${encodeURIComponent(value)}`;
}

interface OptionState {
  count: number;
  chosen: boolean;
  toggle: (name: FacetName, value: string) => void;
}

function option(name: FacetName, value: string, { count, chosen, toggle }: OptionState): HTMLElement {
  return h(
    'label',
    { class: 'option' },
    h('input', {
      type: 'checkbox',
      id: idOf(name, value),
      checked: chosen,
      onchange: () => toggle(name, value),
    }),
    foreign(value, { class: 'option-name' }),
    count >= 0 && h('span', { class: 'option-count' }, formatCount(count)),
  );
}

function badge(name: FacetName, value: string, remove: () => void): HTMLElement {
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        class: 'badge',
        id: `badge-${idOf(name, value)}`,
        onclick: remove,
      },
      h('span', { class: 'unseen' }, 'Remove the filter '),
      h('span', { class: 'badge-name' }, name),
      ' ',
      foreign(value),
      icon(CLOSE),
    ),
  );
}

/** The filter that was set last, as far as there is any. */
export function lastBadge(): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>('.badge')].at(-1);
}
