/** First and last byte, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

const ONE_RANGE = /^bytes=[ \t]*(\d{0,20})-(\d{0,20})[ \t]*$/i;

/**
 * What a Range field asks of an asset (RFC 9110, section 14). What we do not serve (several ranges, other units, broken
 * syntax) is as if it were not there: the client gets the whole.
 */
export function decideRange(field: string | undefined, sizeBytes: number): 'whole' | 'unsatisfiable' | ByteRange {
  const [match, from = '', to = ''] = ONE_RANGE.exec(field ?? '') ?? [];
  if (match === undefined || (from === '' && to === '')) return 'whole';
  if (from === '') return suffixRange(Number(to), sizeBytes);
  const first = Number(from);
  if (to !== '' && Number(to) < first) return 'whole';
  if (first >= sizeBytes) return 'unsatisfiable';
  return { first, last: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
}

export function covers({ first, last }: ByteRange, sizeBytes: number): boolean {
  return first === 0 && last === sizeBytes - 1;
}

function suffixRange(length: number, sizeBytes: number): 'whole' | 'unsatisfiable' | ByteRange {
  if (length === 0) return 'unsatisfiable';
  // The last bytes of nothing can be asked for, but no Content-Range can say so.
  if (sizeBytes === 0) return 'whole';
  return { first: Math.max(0, sizeBytes - length), last: sizeBytes - 1 };
}
