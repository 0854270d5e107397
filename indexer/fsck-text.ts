import type { DamagedFile, Examination } from './fsck.ts';
import { MANIFEST, MEMORY, OUTSIDE_GENERATIONS } from './site/layout.ts';

/** How many files are named one by one; all of them are in the JSON. */
const MAX_NAMED = 50;
const DONE: Readonly<Record<DamagedFile['done'], string>> = {
  restored: 'it was made anew of another copy',
  removed: 'it was removed',
  left: 'it is left so',
};

/** What is wrong with a site's files, and what to do, for a person; lines without their ends. */
export function renderExaminationText(examination: Examination): string[] {
  const { damaged, checked, generations } = examination;
  const of = `${checked} files of ${generations.length === 1 ? 'generation' : 'generations'} ${generations.join(', ')}`;
  if (damaged.length === 0) return [`Every one of ${of} is whole.`];
  return [
    `${damaged.length} of ${of} are damaged or missing:`,
    ...damaged.slice(0, MAX_NAMED).map(lineOf),
    ...(damaged.length > MAX_NAMED ? [`  … and ${damaged.length - MAX_NAMED} more`] : []),
    ...remediesFor(examination),
  ];
}

/** The same for a script. */
export function renderExaminationJson(examination: Examination): object {
  const { pointer, generations, checked, damaged } = examination;
  return {
    outcome: damaged.length === 0 ? 'whole' : 'damaged',
    generation: pointer.generation,
    generations,
    checked,
    damaged,
    remedies: remediesFor(examination),
  };
}

function lineOf({ file, fault, document, generations, done }: DamagedFile): string {
  const of = generations.length === 0 ? '' : ` of generation ${generations.join(', ')}`;
  return `  ${file} (${document}${of}) is ${fault}; ${DONE[done]}.`;
}

function remediesFor({ pointer, damaged }: Examination): string[] {
  const { generation, held } = pointer;
  const open = damaged.filter((each) => each.done !== 'restored');
  if (open.length === 0) return ['Everything could be made anew; nothing is left to do.'];
  const ofCurrent = open.filter((each) => each.generations.includes(generation));
  const isLost = (path: string): boolean => ofCurrent.some((each) => each.document === path);
  const older = new Set(open.flatMap((each) => each.generations).filter((each) => each !== generation));
  const writable =
    ofCurrent.some(({ document }) => document !== MEMORY && document !== MANIFEST) ||
    open.some(({ document }) => OUTSIDE_GENERATIONS.has(document));
  return [
    ...(isLost(MEMORY) || isLost(MANIFEST)
      ? [
          `The ${isLost(MEMORY) ? 'memory' : 'manifest'} of generation ${generation} cannot be made anew. Go back with ` +
            'rollback, which takes the newest memory that is whole, then resume; or run the indexer once with ' +
            '--first-run, which forgets what was first seen.',
        ]
      : writable
        ? [
            `${held === undefined ? 'Run the indexer' : 'Let go with resume and run the indexer'}: it writes again what it lists.`,
          ]
        : []),
    ...(older.size > 0
      ? [`Generation ${[...older].join(', ')} cannot be gone back to, unless a run writes the same documents again.`]
      : []),
  ];
}
