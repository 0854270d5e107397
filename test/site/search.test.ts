import { describe, expect, test } from 'vitest';
import type { Item, SearchDocument } from '../../indexer/model/documents.ts';
import { createSearch, renderSearchDocument } from '../../indexer/site/search.ts';
import type { SearchQuery } from '../../indexer/site/search.ts';
import { CATALOGUE, FIRST, item } from './search-catalogue.ts';

const search = createSearch(renderSearchDocument(CATALOGUE));

function found(query: SearchQuery, items: Item[] = CATALOGUE): string[] {
  const engine = items === CATALOGUE ? search : createSearch(renderSearchDocument(items));
  return engine.query(query).map(({ row }) => `${items[row]?.type}/${items[row]?.name}`);
}

describe('Search.query', () => {
  test.each(FIRST)('answers %j with %j first', (text, first) => {
    expect(found({ text }).slice(0, first.length)).toEqual(first);
  });

  test('puts the exact name before names that start so, words, tags and descriptions', () => {
    const items = [
      item('provider/a | x | proxy of requests'),
      item('provider/b | proxy | x'),
      item('provider/c-proxy | x | x'),
      item('provider/proxy-server | x | x'),
      item('provider/proxy | x | x'),
      item('provider/praxy | x | x'),
    ];
    const names = ['proxy', 'proxy-server', 'c-proxy', 'b', 'a'].map((name) => `provider/${name}`);
    expect(found({ text: 'proxy' }, items)).toEqual(names);
  });

  test('puts every row with all words before every row with some', () => {
    const items = [
      item('provider/fast | x | x'),
      item('provider/fast-queue | x | x'),
      item('provider/x | x | a durable queue that is fast'),
      item('provider/fsat | x | durable queues'),
    ];
    expect(found({ text: 'fast durable queue' }, items)).toEqual([
      'provider/x',
      'provider/fast-queue',
      'provider/fsat',
      'provider/fast',
    ]);
  });

  test('looks for typos only where no name, type or tag has the word', () => {
    const items = [item('provider/node | x | x'), item('provider/mode | x | x'), item('provider/x | x | The code')];
    expect(found({ text: 'node' }, items)).toEqual(['provider/node']);
    expect(found({ text: 'code' }, items)).toEqual(['provider/x', 'provider/mode', 'provider/node']);
  });

  test('forgives one typo from four letters, two from seven, and none in shorter words', () => {
    const items = [item('provider/etcd | x | x'), item('provider/dex | x | x'), item('provider/prometheus | x | x')];
    expect(found({ text: 'etcb' }, items)).toEqual(['provider/etcd']);
    expect(found({ text: 'tecb' }, items)).toEqual([]);
    expect(found({ text: 'dxe' }, items)).toEqual([]);
    expect(found({ text: 'prmoethues' }, items)).toEqual(['provider/prometheus']);
    expect(found({ text: 'prmoethuse' }, items)).toEqual([]);
  });

  test('puts deprecated extensions last with a lower score than any other', () => {
    const hits = search.query({ text: 'registry' });
    expect(found({ text: 'registry' }).at(-1)).toBe('taskserv/docker-registry');
    expect(hits.at(-1)?.score).toBeLessThan(hits.at(-2)?.score ?? 0);
    expect(found({ text: 'docker registry' }).at(-1)).toBe('taskserv/docker-registry');
  });

  test('never finds what is yanked, by whatever is asked', () => {
    const yanked: Partial<Item> = { yanked: true, source: 'mirror', sources: ['mirror'] };
    const items = [item('provider/aws | cloud | Machines', yanked), item('provider/gcp | cloud | Machines')];
    for (const text of ['aws', 'aw', 'provider/aws', 'awz machines', 'cloud', '']) {
      expect(found({ text }, items)).not.toContain('provider/aws');
    }
    expect(found({ text: '', type: 'provider' }, items)).toEqual(['provider/gcp']);
    expect(found({ text: '', source: 'mirror' }, items)).toEqual([]);
  });

  test('finds its way in a site that was published before anything could be yanked', () => {
    const { yanked: _yanked, ...before } = renderSearchDocument([item('provider/aws | x | x')]);
    const engine = createSearch(before as SearchDocument);
    expect(engine.query({ text: 'aws' })).toHaveLength(1);
  });

  test('breaks ties by name, then type', () => {
    const items = ['b/same', 'b/other', 'a/same'].map((id) => item(`${id} | queue | x`));
    expect(found({ text: 'queue' }, items)).toEqual(['b/other', 'a/same', 'b/same']);
    expect(found({ text: 'same' }, items)).toEqual(['a/same', 'b/same']);
  });

  test.each<[step: string, text: string, range: [least: number, most: number]]>([
    ['the whole name', 'rook ceph', [100, 100]],
    ['the whole name beside its type', 'taskserv/rook-ceph', [100, 100]],
    ['the start of a name', 'rook', [80, 99]],
    ['all words', 'object cluster', [60, 79]],
    ['all words, one with a typo', 'objetc cluster', [40, 59]],
    ['some of the words', 'ceph blockchain', [10, 39]],
  ])('scores %s, %j, within %j', (_, text, [least, most]) => {
    const score = search.query({ text }).find(({ row }) => CATALOGUE[row]?.name === 'rook-ceph')?.score ?? 0;
    expect(score).toBeGreaterThanOrEqual(least);
    expect(score).toBeLessThanOrEqual(most);
  });

  // Every row is `a/<name>`; the names are such that a tie would turn the order round.
  const RULES: [rule: string, rows: string[], asked: [text: string, ...answer: string[]]][] = [
    [
      'a whole first word before a cut one',
      ['awsa | x | x', 'aws-long-backup | x | x'],
      ['aws', 'aws-long-backup', 'awsa'],
    ],
    ['a shorter name before a longer one', ['kubaaaa | x | x', 'kubz | x | x'], ['kub', 'kubz', 'kubaaaa']],
    [
      'a name that is covered more',
      ['a-long-name-backup | x | x', 'z-backup | x | x'],
      ['backup', 'z-backup', 'a-long-name-backup'],
    ],
    ['whole words before starts of words', ['a | logger | x', 'z | log | x'], ['log', 'z', 'a']],
    ['tags before descriptions', ['a | x | a log', 'z | log | x'], ['log', 'z', 'a']],
    ['words before typos', ['fast-vault | x | x', 'z | x | vualt, so fast'], ['fast vualt', 'z', 'fast-vault']],
    ['typos of names before those of tags', ['a | vault | x', 'z-vault | x | x'], ['vualt', 'z-vault', 'a']],
    ['no row for a stop word beside others', ['a | x | the log', 'z | x | the cache'], ['the cache', 'z']],
    [
      'a row for stop words alone where it is named so',
      ['on-the-fly | x | x', 'z | x | the cache'],
      ['The', 'on-the-fly'],
    ],
    ['a stop word of a name', ['z-for-fly | x | x', 'z-fly | x | x'], ['z for fly', 'z-for-fly', 'z-fly']],
    ['a joined word as one', ['z | x | for certmanager', 'm | x | a manager'], ['cert-manager', 'z']],
    [
      'a joined word by all of its parts',
      ['z | x | manages a cert, is a manager', 'm | x | a manager'],
      ['cert-manager', 'z'],
    ],
    ['the parts of camel case', ['z | x | operator of flux', 'm | x | GitOps'], ['fluxOperator', 'z']],
    ['a part of camel case', ['z | x | operator of flux', 'm | x | GitOps'], ['ops', 'm']],
    [
      'the joined end of a name',
      ['nginx-ingress-controller | x | x'],
      ['ingresscontroller', 'nginx-ingress-controller'],
    ],
    ['no typo in a syllable of two', ['z | x | 서버'], ['서보']],
    ['the vowel signs of a script', ['z | x | ह न द', 'm | x | हिन्दी'], ['हिन्दी', 'm']],
  ];
  test.each(RULES)('answers %s', (_, rows, [text, ...answer]) => {
    const items = rows.map((row) => item(`a/${row}`));
    expect(found({ text }, items)).toEqual(answer.map((name) => `a/${name}`));
  });

  test('counts the name of a type as a word', () => {
    const items = [item('provider/a | queue | x'), item('taskserv/b | queue | x')];
    expect(found({ text: 'queue taskserv' }, items)).toEqual(['taskserv/b', 'provider/a']);
  });

  test('scores never rise down the answer and have at most 4 decimals', () => {
    for (const [text] of FIRST) {
      const scores = search.query({ text }).map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(scores.every((score) => score > 0 && Number(score.toFixed(4)) === score)).toBe(true);
    }
  });

  test('answers the same from an index built twice', () => {
    const again = createSearch(structuredClone(renderSearchDocument(CATALOGUE)));
    for (const [text] of FIRST) expect(again.query({ text })).toEqual(search.query({ text }));
  });
});

describe('filters', () => {
  test('an empty text answers every row in the order of the list with score 0', () => {
    const all = CATALOGUE.map((_, row) => ({ row, score: 0 }));
    expect(search.query({ text: '' })).toEqual(all);
    expect(search.query({ text: ' \t\n' })).toEqual(all);
    expect(found({ text: '', type: 'cluster' })).toEqual([
      'cluster/buildkit',
      'cluster/observability',
      'cluster/postgres',
      'cluster/web',
    ]);
  });

  test('cut the answer and change neither its order nor its scores', () => {
    for (const [text] of FIRST) {
      const expected = search.query({ text }).filter(({ row }) => CATALOGUE[row]?.type === 'taskserv');
      expect(search.query({ text, type: 'taskserv' })).toEqual(expected);
    }
  });

  test('by tag compare whole tags without case and accents', () => {
    expect(found({ text: '', tag: 'queue' })).toEqual(['taskserv/kafka', 'taskserv/nats', 'taskserv/rabbitmq']);
    expect(found({ text: '', tag: 'Quéue' })).toHaveLength(3);
    expect(found({ text: '', tag: 'queue' }, [item('a/one | Quéue | x')])).toEqual(['a/one']);
    expect(found({ text: '', tag: 'que' })).toEqual([]);
  });

  test('by source match every source that has the extension', () => {
    const items = [item('a/one | x | x', { sources: ['gitea', 'oci'] }), item('a/two | x | x')];
    expect(found({ text: '', source: 'oci' }, items)).toEqual(['a/one']);
    expect(found({ text: 'x', source: 'gitea' }, items)).toEqual(['a/one', 'a/two']);
  });

  test('hold together: a row must pass each', () => {
    expect(found({ text: 'registry', type: 'provider', source: 'gitea', tag: 'oci' })).toEqual(['provider/harbor']);
    expect(found({ text: '', type: 'constructor' })).toEqual([]);
  });
});

const HOSTILE: [what: string, text: string][] = [
  ['10 kB of one letter', 'a'.repeat(10_000)],
  ['5,000 words', 'ab '.repeat(5_000)],
  ['5,000 joined words', 'a-'.repeat(5_000)],
  ['combining characters', `a${'\u0301\u0315'.repeat(5_000)}`],
  ['a character that unfolds to 18', '\uFDFA'.repeat(5_000)],
  ['regular expressions', '(a+)+$ [^]* \\ .*'.repeat(100)],
  ['control characters', '\0\u0001\u001b[31m\u202e'.repeat(100)],
  ['halves of surrogate pairs', '\ud800\udc00\ud83d'.repeat(1_000)],
  ['words of every object', '__proto__ constructor toString hasOwnProperty'],
  ['punctuation only', '!!! --- ... ///'],
];

describe('a hostile query', () => {
  // 20,000 rows of the very words that the queries repeat: what is unbounded takes minutes here.
  const many = Array.from({ length: 20_000 }, (_, row) => item(`a/a${row} | a,b,c | a ab aa a-a ${row % 977} b`));
  const engine = createSearch(renderSearchDocument(many));

  test.each(HOSTILE)('of %s is answered in bounded time', (_, text) => {
    const started = performance.now();
    const hits = engine.query({ text });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(hits.every(({ row, score }) => many[row] !== undefined && score > 0)).toBe(true);
  });

  test('of punctuation only finds nothing', () => {
    expect(search.query({ text: '!!! --- ... ///' })).toEqual([]);
  });

  test('counts no word after the eighth and no character after the 256th', () => {
    const words = 'one two three four five six seven eight';
    expect(search.query({ text: `${words} redis` })).toEqual(search.query({ text: words }));
    expect(search.query({ text: 'a-b-c-d-e-f-g-h redis' })).toEqual(search.query({ text: 'a-b-c-d-e-f-g-h' }));
    expect(search.query({ text: `${'!'.repeat(251)}redis` })).toEqual(search.query({ text: 'redis' }));
    expect(search.query({ text: `${' '.repeat(300)}redis` })).toEqual(search.query({ text: 'redis' }));
    expect(search.query({ text: `${'!'.repeat(256)}redis` })).toEqual([]);
  });
});

describe('renderSearchDocument', () => {
  test('renders row i from item i, one column a field', () => {
    const items = [
      item('provider/aws | cloud,amazon | Machines', { sources: ['gitea', 'oci'] }),
      item('!taskserv/old |  | Old'),
    ];
    expect(renderSearchDocument(items)).toEqual({
      schema: 1,
      form: 'list',
      type: ['provider', 'taskserv'],
      name: ['aws', 'old'],
      version: ['1.0.0', '1.0.0'],
      description: ['Machines', 'Old'],
      author: ['platform-team', 'platform-team'],
      source: [['gitea', 'oci'], ['gitea']],
      tags: [['cloud', 'amazon'], []],
      deprecated: [1],
      yanked: [],
    });
  });

  test('marks the rows whose every version is yanked', () => {
    const items = [item('provider/aws | x | x'), item('provider/gcp | x | x', { yanked: true })];
    expect(renderSearchDocument(items)).toMatchObject({ name: ['aws', 'gcp'], yanked: [1] });
  });
});
