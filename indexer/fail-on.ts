import { RegistryError } from './model/errors.ts';
import { PROBLEMS, type ProblemCode } from './model/problem.ts';

/**
 * The problems that a run is to fail on.
 * @param values each a code or several with commas between them, as `--fail-on` was given
 * @throws RegistryError `usage` that lists the codes
 */
export function parseFailOn(values: readonly string[]): ReadonlySet<ProblemCode> {
  const codes = values.flatMap((each) => each.split(',')).map((each) => each.trim());
  const unknown = codes.find((each) => !isProblemCode(each));
  if (unknown === undefined) return new Set(codes.filter(isProblemCode));
  throw new RegistryError(
    'usage',
    `--fail-on: ${JSON.stringify(unknown)} is no problem's code; use ${Object.keys(PROBLEMS).join(', ')}.`,
  );
}

function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text);
}
