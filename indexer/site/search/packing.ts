/*
 * Numbers and sorted words as short texts within JSON: the numbers in digits of five bits, least first, a letter each of
 * 64, whose upper half says that more digits follow; the words by what each shares with the one before.
 */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const MAX_SHARED = 63;

/** @param digits each below 64 */
export function packDigits(digits: Iterable<number>): string {
  return Array.from(digits, (digit) => LETTERS[digit] ?? '').join('');
}

export function unpackDigits(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => LETTERS.indexOf(letter));
}

/** @param rising whole numbers from 0, each above the one before */
export function packRising(rising: Iterable<number>): string {
  const digits: number[] = [];
  let before = -1;
  for (const number of rising) {
    let left = number - before - 1;
    before = number;
    for (; left > 31; left = Math.floor(left / 32)) digits.push(32 + (left % 32));
    digits.push(left);
  }
  return packDigits(digits);
}

export function unpackRising(text: string): number[] {
  const numbers: number[] = [];
  let [number, place, before] = [0, 1, -1];
  for (const digit of unpackDigits(text)) {
    number += (digit & 31) * place;
    place *= 32;
    if (digit > 31) continue;
    before += number + 1;
    numbers.push(before);
    [number, place] = [0, 1];
  }
  return numbers;
}

/** @param words sorted, none with a comma */
export function packWords(words: readonly string[]): string {
  const packed = words.map((word, at) => {
    const before = words[at - 1] ?? '';
    let shared = 0;
    while (shared < MAX_SHARED && shared < word.length && word[shared] === before[shared]) shared += 1;
    return `${LETTERS[shared] ?? ''}${word.slice(shared)}`;
  });
  return packed.join(',');
}

export function unpackWords(text: string): string[] {
  let before = '';
  return text.split(',').map((packed) => {
    before = before.slice(0, LETTERS.indexOf(packed[0] ?? '')) + packed.slice(1);
    return before;
  });
}
