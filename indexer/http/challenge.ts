/** One challenge of a WWW-Authenticate field. */
export interface Challenge {
  /** Lower case, such as `bearer`. */
  scheme: string;
  /** Names in lower case. */
  parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const VALUE = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;

/**
 * All challenges of one or several fields (RFC 9110, section 11.6.1). One field may hold several, and Node joins several
 * fields to one, so commas separate both parameters and challenges. What cannot be read is skipped.
 */
export function parseChallenges(field: string | string[] | undefined): Challenge[] {
  const text = Array.isArray(field) ? field.join(', ') : (field ?? '');
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    take(/[\s,]*/y);
    const word = take(TOKEN)?.[0];
    if (word === undefined) {
      at += 1;
      continue;
    }
    const value = take(VALUE);
    if (value === null) {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      take(/[ \t]+/y);
      takeToken68(take, text, at);
      continue;
    }
    challenges.at(-1)?.parameters.set(word.toLowerCase(), value[1]?.replaceAll(/\\(.)/g, '$1') ?? value[2] ?? '');
  }
  return challenges;
}

/** Skips a `token68`, which stands where parameters would and looks like a scheme; `a=b` is a parameter, not one. */
function takeToken68(take: (pattern: RegExp) => RegExpExecArray | null, text: string, at: number): void {
  const before = text[at - 1];
  if (before === ' ' || before === '\t') take(TOKEN68);
}
