import { parse, TomlError } from 'smol-toml';
import { messageOf, RegistryError } from '../model/errors.ts';
import { parseExtensionId } from '../model/extension.ts';
import type { PolicyRule, PolicyTarget } from '../model/policy.ts';
import { clipLine } from '../model/text.ts';
import { isVersion, parseRange } from '../model/version.ts';
import { errnoOf, type ConfigIo } from './config-io.ts';
import { cut } from './key-path.ts';
import { suggest } from '../model/suggest.ts';

/** The rules of a policy file, or one line for each fault in it: the key, what is wrong, the remedy. */
export interface Policy {
  rules: PolicyRule[];
  faults: string[];
}

type Action = PolicyRule['action'];
type Table = Readonly<Record<string, unknown>>;

const MAX_BYTES = 1024 * 1024;
const MAX_SENTENCE = 500;
/** The keys of each kind of rule; those that must be there, first. */
const KEYS: Readonly<Record<Action, { required: readonly string[]; optional: readonly string[] }>> = {
  yank: { required: ['match', 'reason'], optional: [] },
  deprecate: { required: ['match', 'message'], optional: ['replacement'] },
  hide: { required: ['match', 'reason'], optional: [] },
};
const ACTIONS = Object.keys(KEYS) as Action[];
const KIND_OF_RULES = '[[yank]], [[deprecate]] or [[hide]]';

/**
 * Reads and checks a policy file.
 * @param file its absolute path, and the name that faults within it are told with
 * @returns faults that begin with the name, and those about the file as a whole without it
 */
export async function readPolicy({ path, name }: { path: string; name: string }, io: ConfigIo): Promise<Policy> {
  let text: string;
  try {
    const { sizeBytes } = await io.stat(path);
    if (sizeBytes > MAX_BYTES) return refused(`names a file of more than ${MAX_BYTES} bytes; a policy is a short one.`);
    text = await io.readFile(path);
  } catch (error) {
    const code = errnoOf(error);
    const what = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${code})`;
    return refused(`names a file that ${what}; check the path, or start from deploy/policy.example.toml.`);
  }
  const { rules, faults } = parsePolicy(text);
  return { rules, faults: faults.map((each) => ` ${cut(name)}: ${each}`) };
}

function refused(fault: string): Policy {
  return { rules: [], faults: [`: ${fault}`] };
}

export function parsePolicy(text: string): Policy {
  let document: Table;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n', 1);
    return { rules: [], faults: [`line ${error.line}, column ${error.column}: ${what}; correct the TOML there.`] };
  }
  const rules: PolicyRule[] = [];
  const faults: string[] = [];
  for (const [key, value] of Object.entries(document)) {
    const action = ACTIONS.find((each) => each === key);
    if (action === undefined) faults.push(`${cut(key)}: is not a kind of rule; ${didYouMean(key)}`);
    else if (!Array.isArray(value)) faults.push(`${key}: write [[${key}]], in double brackets, before each rule.`);
    else for (const [index, table] of value.entries()) readRule({ action, table, index }, { rules, faults });
  }
  return { rules, faults };
}

function didYouMean(key: string): string {
  const [meant] = suggest(key, ACTIONS);
  return meant === undefined ? `write ${KIND_OF_RULES}.` : `did you mean [[${meant}]]?`;
}

interface RuleTable {
  action: Action;
  table: unknown;
  index: number;
}

function readRule({ action, table, index }: RuleTable, into: Policy): void {
  const label = `[[${action}]] #${index + 1}`;
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    into.faults.push(`${label}: is not a table; write [[${action}]], in double brackets, before each rule.`);
    return;
  }
  const faults = [...faultsOfKeys(action, table as Table)];
  const read = <T>(key: string, parseValue: (text: string) => T): T | undefined => {
    const value = (table as Table)[key];
    if (value === undefined) return undefined;
    try {
      if (typeof value !== 'string') throw new RegistryError('config', 'The value is not a text; put it into quotes.');
      return parseValue(value);
    } catch (error) {
      faults.push(`${key}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const target = read('match', parseTarget);
  const sentence = read(action === 'deprecate' ? 'message' : 'reason', parseSentence);
  const replacement = action === 'deprecate' ? read('replacement', parseExtensionId) : undefined;
  into.faults.push(...faults.map((each) => `${label} ${each}`));
  if (faults.length > 0 || target === undefined || sentence === undefined) return;
  if (action !== 'deprecate') into.rules.push({ action, target, reason: sentence });
  else into.rules.push({ action, target, message: sentence, ...(replacement && { replacement }) });
}

function* faultsOfKeys(action: Action, table: Table): Generator<string> {
  const { required, optional } = KEYS[action];
  for (const key of required) if (!Object.hasOwn(table, key)) yield `${key}: is missing; add ${meaningOf(key)}.`;
  const known = [...required, ...optional];
  for (const key of Object.keys(table).filter((each) => !known.includes(each))) {
    const [meant] = suggest(key, known);
    const hint = meant === undefined ? `its keys are ${known.join(', ')}.` : `did you mean ${meant}?`;
    yield `${cut(key)}: is not a key of this rule; ${hint}`;
  }
}

function meaningOf(key: string): string {
  return key === 'match' ? 'the extension that it is about, such as "taskserv/redis@<7.2"' : 'a sentence for people';
}

/** `type/name`, or `type/name@` and an exact version or a range. @throws RegistryError that says what is wrong */
function parseTarget(raw: string): PolicyTarget {
  const text = raw.trim();
  const at = text.indexOf('@');
  const id = parseExtensionId(at === -1 ? text : text.slice(0, at).trim());
  if (at === -1) return { text, id };
  const range = text.slice(at + 1).trim();
  if (range === '') throw new RegistryError('config', 'Nothing stands after the @; name a range, or leave it out.');
  // Kept as it was written: what a range admits of prereleases is decided when it is applied.
  if (!isVersion(range)) checkRange(range);
  return { text, id, range };
}

/** Unlike a download, a rule cannot be about `latest`: it would be about another version with each release. */
function checkRange(text: string): void {
  try {
    parseRange(text);
  } catch (cause) {
    const message = `${JSON.stringify(cut(text))} is neither a version nor a range; use 1.4.0, <7.2, ^1.2 or 1.x.`;
    throw new RegistryError('config', message, { cause });
  }
}

/** @throws RegistryError that says what is wrong */
function parseSentence(raw: string): string {
  const { text, truncated } = clipLine(raw, MAX_SENTENCE);
  if (text === '') throw new RegistryError('config', 'The text is empty; write a sentence for people.');
  if (truncated) throw new RegistryError('config', `The text is longer than ${MAX_SENTENCE} characters; shorten it.`);
  return text;
}
