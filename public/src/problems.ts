import type { Problem } from '../../indexer/model/problem.ts';
import { foreign, h } from './dom.ts';
import { timeElement } from './times.ts';

/** `unsafe_asset_name` as people say it. */
export function problemTitle(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** One problem: what it is about, what was found, since when. */
export function renderProblem({ source, subject, detail, first_seen: since }: Problem): HTMLElement {
  return h(
    'li',
    { class: 'problem' },
    h('p', {}, h('code', {}, subject), ' ', foreign(detail)),
    h('p', { class: 'problem-foot' }, 'At ', foreign(source), ', first seen ', timeElement(since)),
  );
}

/** What somebody may have tampered with is graver than what is only missing. */
export function isGrave(code: string): boolean {
  return code === 'mutated' || code === 'digest_conflict' || code === 'sidecar_mismatch';
}
