import type { Explanation } from './explain.ts';
import type { SourceExplanation } from './explain-sources.ts';
import type { Step } from './explain-steps.ts';

const COLUMNS = 80;
const LABELS: Readonly<Record<Step['verdict'], string>> = { passed: 'ok', failed: 'FAILS', note: 'note', unknown: '?' };
/** Where the details begin, after the verdict and the rule. */
const INDENT = 20;

/** An explanation for a person, lines without their ends, at most 80 columns but where a word is longer. */
export function renderExplanation(explanation: Explanation): string[] {
  const { sources, together, did_you_mean: meant } = explanation;
  return [
    ...headline(explanation),
    ...(meant === undefined ? [] : wrap(`Did you mean ${meant.join(' or ')}?`, 0)),
    ...sources.flatMap(sourceLines),
    ...(together.length === 0 ? [] : ['', 'all sources together', ...together.flatMap(stepLines)]),
  ];
}

function headline({ subject, extension, listed, live, as_of, generation, because }: Explanation): string[] {
  const name = extension === undefined || subject.startsWith(extension) ? subject : `${subject} (${extension})`;
  const site = generation === undefined ? 'no site is published' : `generation ${generation} of the site`;
  const knowledge = live
    ? `Asked now, ${as_of}; ${site}.`
    : `As of the crawl of ${as_of}, ${site}; --live asks the backends now.`;
  if (listed) return [...wrap(`${name} is listed${live ? ' by a crawl of now' : ''}.`, 0), ...wrap(knowledge, 0)];
  const why = because === undefined ? [] : [because.detail, ...(because.remedy === undefined ? [] : [because.remedy])];
  return [
    ...wrap(`${name} is not listed.`, 0),
    ...why.flatMap((each, index) => wrap(`${index === 0 ? 'Because: ' : 'Remedy:  '}${each}`, 9)),
    ...wrap(knowledge, 0),
  ];
}

function sourceLines({ name, kind, repository, steps }: SourceExplanation): string[] {
  return ['', ...wrap(`${name} (${kind}): ${repository}`, 0), ...steps.flatMap(stepLines)];
}

function stepLines({ rule, verdict, detail, remedy }: Step): string[] {
  const label = `  ${LABELS[verdict].padEnd(7)}${rule}`.padEnd(INDENT);
  return [
    ...wrap(label + detail, INDENT),
    ...(remedy === undefined ? [] : wrap(`${' '.repeat(INDENT)}Remedy: ${remedy}`, INDENT)),
  ];
}

/** Twelve digits tell two digests apart for a person; a script has all of them. */
const DIGEST = /\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g;

/** A line broken at spaces, what follows indented. What a backend wrote cannot move the cursor. */
function wrap(text: string, indent: number): string[] {
  const start = /^ */.exec(text)?.[0] ?? '';
  const line = text
    .slice(start.length)
    .replaceAll(DIGEST, '$1…')
    .replaceAll(/\p{Cc}/gu, ' ');
  const [first = '', ...words] = line.split(/ (?! )/);
  const lines = [start + first];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(' '.repeat(indent) + word);
  }
  return lines;
}
