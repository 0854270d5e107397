import { nameOf, typeOf, type ExtensionId, type ExtensionTypes } from '../../model/extension.ts';
import { messageOf, RegistryError } from '../../model/errors.ts';
import { PROBLEMS } from '../../model/problem.ts';
import { lookalikesOf, meantBy } from '../lookalikes.ts';
import type { Candidate, Check, Examination, Wanted } from '../source.ts';
import { extensionOf } from './release.ts';
import { fetchOwner, fetchReleases, isOf, isOfOne, keptOutBy, listingOf, type Context } from './repositories.ts';
import { validateRelease, type WireRepository } from './wire.ts';

type Naming = Pick<Context, 'config'> & { dependencies: { types: ExtensionTypes } };

/** What a repository's name means in this organization. */
export function nameCandidate(wanted: Wanted, context: Naming): Candidate {
  const { config, dependencies } = context;
  const [owner, name] =
    'id' in wanted ? [undefined, repositoryNameOf(wanted.id, dependencies.types)] : splitFullName(wanted.repository);
  const repository = `${owner ?? config.organization}/${name}`;
  if (owner !== undefined && owner.toLowerCase() !== config.organization.toLowerCase()) {
    const detail = `The organization ${config.organization} is read here, and ${owner} is not.`;
    const remedy = `Publish it in ${config.organization}, or let the operator add a [[source]] for ${owner}.`;
    return { repository, checks: [{ rule: 'place', passed: false, detail, remedy }] };
  }
  const place: Check = { rule: 'place', passed: true, detail: `The organization ${config.organization} is read.` };
  const { id, check } = checkName(name, dependencies.types);
  return { repository, ...(id !== undefined && { id }), checks: [place, check] };
}

function checkName(name: string, types: ExtensionTypes): { id?: ExtensionId; check: Check } {
  const extension = extensionOf({ name }, types);
  if (extension === undefined) {
    const endings = [...types.values()].map(({ gitea }) => gitea).join(', ');
    const meant = meantBy(name, types);
    const remedy = meant === undefined ? 'Let its name end so.' : `Rename it to ${repositoryNameOf(meant, types)}.`;
    const detail = `The name ${name} ends in none of ${endings}, so it is taken for no extension.`;
    return { check: { rule: 'name', passed: false, detail, remedy } };
  }
  if ('invalid' in extension) {
    return { check: { rule: 'name', passed: false, detail: extension.invalid, remedy: PROBLEMS.invalid_name } };
  }
  const { id } = extension;
  return { id, check: { rule: 'name', passed: true, detail: `The name ${name} means ${typeOf(id)}/${nameOf(id)}.` } };
}

function repositoryNameOf(id: ExtensionId, types: ExtensionTypes): string {
  return nameOf(id) + (types.get(typeOf(id))?.gitea ?? `_${typeOf(id)}`);
}

function splitFullName(text: string): [owner: string | undefined, name: string] {
  const cut = text.lastIndexOf('/');
  return cut === -1 ? [undefined, text] : [text.slice(0, cut), text.slice(cut + 1)];
}

/** One repository, looked at as a crawl does; each rule until one keeps it out. */
export async function examineRepository(
  context: Context,
  candidate: Candidate & { id: ExtensionId },
  signal: AbortSignal,
): Promise<Examination> {
  const { config, client } = context;
  const owner = await fetchOwner(context, signal);
  const wire = await client.fetchRepository(candidate.repository, signal);
  if (wire === undefined) return { checks: [await missing(context, candidate, signal)] };
  const repository = checkRepository(wire, candidate, { owner, types: context.dependencies.types });
  if (!repository.passed) return { checks: [repository] };
  const flags = checkFlags(wire, context);
  if (!flags.passed) return { checks: [repository, flags] };
  try {
    const raw = await fetchReleases(client, wire.full_name, signal);
    const releases = checkReleases(raw);
    const listing = releases.passed ? listingOf(raw, { id: candidate.id, wire }, config.name) : undefined;
    return { checks: [repository, flags, releases], ...(listing && { listing }) };
  } catch (error) {
    if (!(error instanceof RegistryError) || !isOfOne(error)) throw error;
    const releases: Check = {
      rule: 'releases',
      passed: false,
      detail: `Its releases cannot be read: ${messageOf(error)}`,
      remedy: 'See that the repository has its releases switched on, and that the team of our token may read them.',
    };
    return { checks: [repository, flags, releases] };
  }
}

/** There is none of the right name; perhaps one of a name that was meant so. */
async function missing(
  { config, client, dependencies }: Context,
  { id }: { id: ExtensionId },
  signal: AbortSignal,
): Promise<Check> {
  const right = repositoryNameOf(id, dependencies.types);
  const others = lookalikesOf(id, dependencies.types).filter((each) => each !== right);
  const asked = others.map(async (name) => client.fetchRepository(`${config.organization}/${name}`, signal));
  const found = (await Promise.all(asked)).find(
    (each) => each !== undefined && isOf(config.organization, each.full_name),
  );
  const detail = `${config.organization} has no repository ${right} that is shown to us`;
  if (found === undefined) {
    const remedy =
      `Create ${config.organization}/${right}; where it is there and private, let our token's user be in a team that ` +
      'reads it.';
    return { rule: 'repository', passed: false, detail: `${detail}.`, remedy };
  }
  return {
    rule: 'spelling',
    passed: false,
    detail: `${detail}, but one named ${found.name}, which is taken for no ${typeOf(id)}.`,
    remedy: `Rename ${found.name} to ${right}.`,
  };
}

function checkRepository(
  wire: WireRepository,
  { repository, id }: { repository: string; id: ExtensionId },
  { owner, types }: { owner: string; types: ExtensionTypes },
): Check {
  const fails = (detail: string, remedy: string): Check => ({ rule: 'repository', passed: false, detail, remedy });
  if (!isOf(owner, wire.full_name)) {
    return fails(
      `${repository} was transferred and is ${wire.full_name} now.`,
      `Transfer it back, or let the operator add a [[source]] for its new owner.`,
    );
  }
  const extension = extensionOf(wire, types);
  if (extension !== undefined && 'invalid' in extension) {
    return fails(`The repository is called ${wire.name}: ${extension.invalid}`, PROBLEMS.invalid_name);
  }
  if (extension?.id !== id) {
    const means = extension === undefined ? 'which is taken for no extension' : `which means ${extension.id}`;
    return fails(`${repository} was renamed to ${wire.name}, ${means}.`, `Rename it to what it was, or look there.`);
  }
  return { rule: 'repository', passed: true, detail: `${wire.full_name} is there and shown to us.` };
}

const FLAG_REMEDIES = {
  private: 'Make it public, or let the operator set include_private: everybody who reads the registry sees it then.',
  fork: 'Publish in the repository that it was forked from, or let the operator set include_forks.',
  template: 'Switch "template" off in its settings, or let the operator set include_forks.',
  mirror: 'Publish in the repository that it mirrors, or let the operator set include_forks.',
} as const;

function checkFlags(wire: WireRepository, { config }: Context): Check {
  const flag = keptOutBy(wire, config);
  if (flag !== undefined) {
    const detail = `It is ${flag === 'private' ? flag : `a ${flag}`}, and such repositories are passed over.`;
    return { rule: 'flags', passed: false, detail, remedy: FLAG_REMEDIES[flag] };
  }
  const flags = (['private', 'fork', 'template', 'mirror', 'archived'] as const).filter((each) => wire[each] === true);
  const detail =
    flags.length === 0 ? 'Neither private nor a fork, template or mirror.' : `Allowed: ${flags.join(', ')}.`;
  return { rule: 'flags', passed: true, detail };
}

function checkReleases(raw: readonly unknown[]): Check {
  const drafts = raw.filter((each) => validateRelease(each) && each.draft === true).length;
  const published = raw.length - drafts;
  const aside = drafts === 0 ? '' : `, and ${drafts} that ${drafts === 1 ? 'is a draft' : 'are drafts'}`;
  if (published > 0) {
    return { rule: 'releases', passed: true, detail: `It has ${published} published${aside}.` };
  }
  return {
    rule: 'releases',
    passed: false,
    detail: drafts === 0 ? 'It has no release.' : `It has no published release${aside}.`,
    remedy:
      drafts === 0
        ? 'Make a release: a version as its tag and at least one file. A git tag alone is no release.'
        : 'Publish the draft.',
  };
}
