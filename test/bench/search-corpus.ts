import type { Item } from '../../indexer/model/documents.ts';
import { parseVersion } from '../../indexer/model/version.ts';
import { readCatalogue } from '../relevance/catalogue.ts';
import { createRandom } from '../relevance/draw-queries.ts';

/*
 * A catalogue of any size, drawn from a seed: the 300 of the relevance set, and what might stand around them. A smaller one
 * is the beginning of a larger one, in the order in which they were first published.
 */

const SEED = 2_026;
const COINED_WORDS = 20_000;
const PHRASES = 300;
const TAGGED_BY_CORE = 0.5;
const SYLLABLES =
  'ba co da fi gu ha ki lo ma ne pi qua ro sy ta ul ve wo xa ze bri cra dro fle glu mon par tes vin dor'.split(' ');
const QUALIFIERS = (
  'backup exporter operator proxy ui server agent gateway cluster controller edge lite plus pro sync cache mirror bridge ' +
  'monitor dashboard cli sdk api worker scheduler router balancer replica snapshot archive restore audit policy auth vault ' +
  'dns tls http grpc metrics logs traces events queue stream store db sql index search graph mesh node pool zone region eu'
).split(' ');
const TYPES = ['taskserv', 'taskserv', 'taskserv', 'provider', 'cluster'];

/** Items in the order of their first publication. */
export function drawCorpus(count: number): Item[] {
  const random = createRandom(SEED);
  const core = readCatalogue();
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  /** The first ones by far more often, as words are used. */
  const pickCommon = <T>(of: readonly T[]): T => of[Math.floor(of.length * random() ** 3)]!;
  const phrases = phrasesOf(core);
  const coined = coinWords(random);
  const tags = [...new Set(core.flatMap((item) => item.tags ?? []))];
  const names = new Set(core.map(({ name }) => name));

  const drawName = (): string => {
    const kind = random();
    const first = kind < 0.6 ? pick(core).name : pickCommon(coined);
    const second = kind < 0.4 || kind > 0.85 ? `-${pick(QUALIFIERS)}` : kind < 0.6 ? `-${pick(core).name}` : '';
    let name = first + second;
    while (names.has(name)) name += `-${random() < 0.5 ? pick(QUALIFIERS) : pick(coined)}`;
    names.add(name);
    return name;
  };
  const drawDescription = (name: string): string => {
    const [own = '', ...others] = name.split('-');
    const said = Array.from({ length: 3 + Math.floor(random() * 3) }, () => pickCommon(phrases));
    const about = random() < 0.5 ? [...others, 'for', own] : [own];
    const rare = random() < 0.3 ? ['with', pickCommon(coined)] : [];
    return [...about, ...said, ...rare].join(' ').replace(/^./, (letter) => letter.toUpperCase());
  };
  const items = core.slice(0, count);
  while (items.length < count) {
    const name = drawName();
    const [own = ''] = name.split('-');
    const drawnTags = Array.from({ length: Math.floor(random() * 5) }, () => pickCommon(tags));
    if (random() < TAGGED_BY_CORE) drawnTags.push(own);
    items.push({
      ...core[0]!,
      type: pick(TYPES),
      name,
      version: parseVersion(
        `${Math.floor(4 * random() ** 2)}.${Math.floor(20 * random() ** 2)}.${Math.floor(9 * random() ** 3)}`,
      ),
      description: drawDescription(name),
      author: random() < 0.9 ? pickCommon(core).author : `${pickCommon(coined)}-team`,
      tags: [...new Set(drawnTags)],
      sources: random() < 0.2 ? ['gitea', 'oci'] : ['gitea'],
    });
  }
  return items;
}

/** Sorted by type, then name, as a list is. */
export function sortItems(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => (a.type < b.type || (a.type === b.type && a.name < b.name) ? -1 : 1));
}

/** What descriptions are put together from: two words or more of those that there are. */
function phrasesOf(core: readonly Item[]): string[] {
  const phrases = core.flatMap(({ description }) =>
    description.split(/[,:;] | (?=and |of |for |with |in |on |that |from )/),
  );
  return [...new Set(phrases)].filter((phrase) => phrase.includes(' ')).slice(0, PHRASES);
}

function coinWords(random: () => number): string[] {
  const coined = new Set<string>();
  while (coined.size < COINED_WORDS) {
    const length = 2 + Math.floor(random() * 3);
    coined.add(Array.from({ length }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? '').join(''));
  }
  return [...coined];
}
