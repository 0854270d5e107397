/** The content codings that documents are kept in, the smaller result first. */
const CODINGS = ['br', 'gzip'] as const;

export type ContentCoding = (typeof CODINGS)[number];
export type ChosenCoding = ContentCoding | 'identity';

/**
 * The coding that the client prefers (RFC 9110, section 12.5.3), the smaller one where it does not mind. A client that
 * refuses all that there is gets identity: the RFC allows it, and a 406 would help nobody.
 */
export function chooseCoding(field: string | string[] | undefined): ChosenCoding {
  const text = Array.isArray(field) ? field.join(', ') : (field ?? '');
  const known = chosen.get(text);
  if (known !== undefined) return known;
  const coding = choose(parseWeights(text));
  if (chosen.size < MAX_REMEMBERED && text.length < MAX_REMEMBERED_LENGTH) chosen.set(text, coding);
  return coding;
}

/** Clients are many, but of few kinds, and parsing costs a tenth of a hot read. */
const chosen = new Map<string, ChosenCoding>();
const MAX_REMEMBERED = 500;
const MAX_REMEMBERED_LENGTH = 200;

function choose(weights: ReadonlyMap<string, number>): ChosenCoding {
  const weightOf = (coding: string, otherwise: number): number => weights.get(coding) ?? weights.get('*') ?? otherwise;
  const identity = weights.get('identity') ?? 0;
  const [best] = CODINGS.map((coding) => ({ coding, weight: weightOf(coding, 0) }))
    .filter(({ weight }) => weight > 0 && weight >= identity)
    .sort((a, b) => b.weight - a.weight);
  return best?.coding ?? 'identity';
}

function parseWeights(field: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const element of field.toLowerCase().split(',')) {
    const [, coding, weight = '1'] =
      /^\s*([a-z0-9*!#$%&'+.^_`|~-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/.exec(element) ?? [];
    if (coding !== undefined) weights.set(coding === 'x-gzip' ? 'gzip' : coding, Number(weight));
  }
  return weights;
}
