import { describe, expect, test } from 'vitest';
import { foldCase, formsOf, isOneTypo, splitWords } from '../../../indexer/site/search/words.ts';

describe('splitWords', () => {
  test.each<[text: string, parts: string[][]]>([
    ['cert-manager', [['cert', 'manager']]],
    [
      'certManager CertManager',
      [
        ['cert', 'manager'],
        ['cert', 'manager'],
      ],
    ],
    ['cert_manager.io', [['cert', 'manager', 'io']]],
    ['HTTPServer', [['http', 'server']]],
    ['k8s K3S v1Beta', [['k8s'], ['k3', 's'], ['v1', 'beta']]],
    ['provider/aws, (gcp)', [['provider'], ['aws'], ['gcp']]],
    ['--a--b--', [['a', 'b']]],
    ['Réseaux ＡＷＳ ﬁle', [['reseaux'], ['aws'], ['file']]],
    ['Журнал 日志 サーバー 서버', [['журнал'], ['日志'], ['サーバー'], ['서버']]],
    ['- . _ !?', []],
    ['', []],
  ])('splits %j', (text, parts) => {
    expect(splitWords(text)).toEqual(parts.map((each) => ({ joined: each.join(''), parts: each })));
  });
});

describe('formsOf', () => {
  test('gives the parts and what follows from each on, joined', () => {
    const [word] = splitWords('nginx-ingress-controller');
    expect(new Set(formsOf(word!))).toEqual(
      new Set(['nginx', 'nginxingresscontroller', 'ingress', 'ingresscontroller', 'controller']),
    );
  });

  test('joins nothing from the ninth part on, so that a long word costs no more than its length', () => {
    const [eight, nine] = splitWords('a-b-c-d-e-f-g-h a-b-c-d-e-f-g-h-i');
    expect(formsOf(eight!)).toContain('abcdefgh');
    expect(formsOf(nine!)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  });
});

describe('foldCase', () => {
  test.each([
    ['Réseau', 'reseau'],
    ['İstanbul', 'istanbul'],
    ['Й', 'и'],
    ['サーバー', 'サーバー'],
    ['が', 'が'],
  ])('folds %s to %s', (text, folded) => {
    expect(foldCase(text)).toBe(folded);
  });
});

/** Optimal string alignment distance by its definition, a table of all prefixes. */
function distanceOf(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i || j));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      table[i]![j] = Math.min(
        table[i - 1]![j]! + 1,
        table[i]![j - 1]! + 1,
        table[i - 1]![j - 1]! + Number(a[i - 1] !== b[j - 1]),
        isSwap ? table[i - 2]![j - 2]! + 1 : Infinity,
      );
    }
  }
  return table[a.length]![b.length]!;
}

describe('isOneTypo', () => {
  test('agrees with the distance by its definition for all words of up to four of three letters', () => {
    const words = [''];
    for (const word of words) if (word.length < 4) words.push(`${word}a`, `${word}b`, `${word}c`);
    expect(words).toHaveLength(1 + 3 + 9 + 27 + 81);
    const wrong = words.flatMap((a) =>
      words.filter((b) => isOneTypo(a, b) !== (distanceOf(a, b) === 1)).map((b) => [a, b]),
    );
    expect(wrong).toEqual([]);
  });
});
