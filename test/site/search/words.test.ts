import { describe, expect, test } from 'vitest';
import { foldCase, isNear, splitWords } from '../../../indexer/site/search/words.ts';

describe('splitWords', () => {
  test.each<[text: string, ...words: [parts: string, extras: string][]]>([
    ['cert-manager', ['cert manager', '']],
    ['certManager CertManager', ['cert manager', 'certmanager'], ['cert manager', 'certmanager']],
    ['cert_manager.io', ['cert manager io', '']],
    ['HTTPServer', ['http server', 'httpserver']],
    ['PostgreSQL', ['postgre sql', 'postgresql']],
    ['k8s K3S v1Beta', ['k8s', ''], ['k3 s', 'k3s'], ['v1 beta', 'v1beta']],
    ['provider/aws, (gcp)', ['provider', ''], ['aws', ''], ['gcp', '']],
    ['--a--b--', ['a b', '']],
    ['Réseaux ＡＷＳ ﬁle', ['reseaux', ''], ['aws', ''], ['file', '']],
    ['Журнал', ['журнал', '']],
    ['Straße İzmir ılıca ΟΔΟΣ Łódź', ['strasse', ''], ['izmir', ''], ['ilica', ''], ['οδοσ', ''], ['lodz', '']],
    ['שָׁלוֹם־עולם مُحَمَّد', ['שלום', ''], ['עולם', ''], ['محمد', '']],
    ['data\u00adbase ❤\ufe0f', ['database', ''], ['❤', '']],
    ['🚀deploy 🇩🇪 👩\u200d💻', ['🚀 deploy', ''], ['🇩🇪', '🇪'], ['👩💻', '💻']],
    ['日志 日志收集 云', ['日志', '志'], ['日志 志收 收集', '集'], ['云', '']],
    ['サーバー 서버를', ['サー ーバ バー', 'ー'], ['서버 버를', '를']],
    ['使用Kubernetes部署', ['使用 kubernetes 部署', '用 署']],
    ['- . _ !?'],
    [''],
  ])('splits %j', (text, ...words) => {
    expect(splitWords(text).map(({ parts, forms }) => [parts.join(' '), forms.slice(parts.length).join(' ')])).toEqual(
      words,
    );
  });

  test('joins nothing from the ninth part on, so that a long word costs no more than its length', () => {
    const [eight, nine] = splitWords('aBcBcBcBcBcBcBc aBcBcBcBcBcBcBcBc');
    expect(eight?.forms.slice(8)).toEqual(['abcbcbcbcbcbcbc']);
    expect(nine?.parts).toHaveLength(9);
    expect(nine?.forms).toEqual(nine?.parts);
  });
});

describe('foldCase', () => {
  test.each([
    ['Réseau', 'reseau'],
    ['İstanbul', 'istanbul'],
    ['Й', 'и'],
    ['サーバー', 'サーバー'],
    ['が', 'が'],
    ['ｶﾞ', 'ガ'],
    ['हिन्दी', 'हिन्दी'],
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['GROẞ', 'gross'],
    ['ISPARTA', 'isparta'],
    ['Isparta ısparta', 'isparta isparta'],
    ['Οδός ΟΔΟΣ', 'οδοσ οδοσ'],
    ['Łódź Ålesund Øresund Đà', 'lodz alesund oresund da'],
    ['Ægir œuvre', 'aegir oeuvre'],
    ['שָׁלוֹם', 'שלום'],
    ['عَرَبِيّ عـربي', 'عربي عربي'],
    ['می\u200cخواهم', 'میخواهم'],
    ['ＡＷＳ', 'aws'],
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

describe('isNear', () => {
  test.each([0, 1, 2])(
    'agrees with the distance by its definition for %i, of all words of up to four of three letters',
    (typos) => {
      const words = [''];
      for (const word of words) if (word.length < 4) words.push(`${word}a`, `${word}b`, `${word}c`);
      expect(words).toHaveLength(1 + 3 + 9 + 27 + 81);
      const wrong = words.flatMap((a) =>
        words.filter((b) => isNear(a, b, typos) !== distanceOf(a, b) <= typos).map((b) => [a, b]),
      );
      expect(wrong).toEqual([]);
    },
  );
});
