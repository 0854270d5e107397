import { messageOf, RegistryError } from '../../model/errors.ts';
import { nameOf, typeOf, type ExtensionId, type ExtensionTypes } from '../../model/extension.ts';
import { PROBLEMS } from '../../model/problem.ts';
import { lookalikesOf, meantBy } from '../lookalikes.ts';
import type { Candidate, Check, Examination, Wanted } from '../source.ts';
import { isOfOne, isReleaseTag, readTagged } from './artifacts.ts';
import { configuredNames, extensionOf, prefixOf, type Context } from './repositories.ts';
import { REPOSITORY_NAME } from './wire.ts';

type Naming = Pick<Context, 'config' | 'types'>;

/** What a repository's name means in this namespace. */
export function nameCandidate(wanted: Wanted, context: Naming): Candidate {
  const prefix = prefixOf(context.config);
  const name = 'id' in wanted ? repositoryNameOf(wanted.id, context.types) : wanted.repository;
  const repository = name.startsWith(prefix) || name.includes('/') ? name : prefix + name;
  const place = checkPlace(repository, context);
  if (!place.passed) return { repository, checks: [place] };
  const { id, check } = checkName(repository, context);
  return { repository, ...(id !== undefined && { id }), checks: [place, check] };
}

function checkPlace(repository: string, { config, types }: Naming): Check {
  const prefix = prefixOf(config);
  const fails = (detail: string, remedy: string): Check => ({ rule: 'place', passed: false, detail, remedy });
  const read = prefix === '' ? 'The whole registry is read' : `The namespace ${config.namespace} is read`;
  const right = prefix + (repository.split('/').at(-1) ?? '');
  if (!repository.startsWith(prefix)) {
    return fails(`${read}, and ${repository} is not in it.`, `Push it to ${right}.`);
  }
  if (repository.slice(prefix.length).includes('/')) {
    return fails(`${repository} lies deeper than the namespace's own repositories.`, `Push it to ${right}.`);
  }
  const configured = configuredNames(config);
  if (configured === undefined) return { rule: 'place', passed: true, detail: `${read}, by its catalog.` };
  // What is no extension by its name cannot be added to the list either; that is the better thing to be told.
  if (!configured.includes(repository) && 'id' in (extensionOf(repository, { config, types }) ?? {})) {
    return fails(
      `Only the ${configured.length} repositories of [oci] repositories are read, and ${repository} is not among them.`,
      `Let the operator add ${JSON.stringify(repository.slice(prefix.length))} to [oci] repositories.`,
    );
  }
  return { rule: 'place', passed: true, detail: 'It is among [oci] repositories.' };
}

function checkName(repository: string, { config, types }: Naming): { id?: ExtensionId; check: Check } {
  const name = repository.slice(prefixOf(config).length);
  const fails = (detail: string, remedy: string): { check: Check } => ({
    check: { rule: 'name', passed: false, detail, remedy },
  });
  const extension = extensionOf(repository, { config, types });
  if (extension === undefined || !REPOSITORY_NAME.test(repository)) {
    const endings = [...types.values()].map(({ oci }) => oci).join(', ');
    const meant = meantBy(name, types);
    const remedy = meant === undefined ? 'Let its name end so.' : `Push it as ${repositoryNameOf(meant, types)}.`;
    return fails(`The name ${name} ends in none of ${endings}, so it is taken for no extension.`, remedy);
  }
  if ('invalid' in extension) return fails(extension.invalid, PROBLEMS.invalid_name);
  const { id } = extension;
  return { id, check: { rule: 'name', passed: true, detail: `The name ${name} means ${typeOf(id)}/${nameOf(id)}.` } };
}

function repositoryNameOf(id: ExtensionId, types: ExtensionTypes): string {
  return nameOf(id) + (types.get(typeOf(id))?.oci ?? `-${typeOf(id)}`);
}

/** One repository, looked at as a crawl does; each rule until one keeps it out. */
export async function examineRepository(
  context: Context,
  candidate: Candidate & { id: ExtensionId },
  signal: AbortSignal,
): Promise<Examination> {
  const { repository: full, id } = candidate;
  let tags: string[];
  try {
    tags = await context.client.fetchTags(full, signal);
  } catch (error) {
    if (!(error instanceof RegistryError) || !isOfOne(error)) throw error;
    return { checks: [await missing(context, candidate, { error, signal })] };
  }
  const there: Check = { rule: 'repository', passed: true, detail: `${full} is there and shown to us.` };
  const releases = checkTags(tags);
  if (!releases.passed) return { checks: [there, releases] };
  const repository = { id, full, name: full.slice(prefixOf(context.config).length) };
  const listing = await readTagged(context, { repository, tags }, signal);
  return { checks: [there, releases], listing };
}

/** The registry gives no tags of it; perhaps it does of one of a name that was meant so. */
async function missing(
  context: Context,
  { repository, id }: { repository: string; id: ExtensionId },
  { error, signal }: { error: RegistryError; signal: AbortSignal },
): Promise<Check> {
  const prefix = prefixOf(context.config);
  const name = repository.slice(prefix.length);
  const others = lookalikesOf(id, context.types).flatMap((each) => (each === name ? [] : [prefix + each]));
  // Pushed without the namespace.
  if (prefix !== '') others.push(name);
  const asked = others.map(async (each) => ({ each, tags: await tagsOf(context, each, signal) }));
  const found = (await Promise.all(asked)).find(({ tags }) => tags.length > 0)?.each;
  if (found !== undefined) {
    const detail = `There is no ${repository}, but there is ${found}.`;
    return { rule: 'spelling', passed: false, detail, remedy: `Push it to ${repository}.` };
  }
  const fails = (detail: string, remedy: string): Check => ({ rule: 'repository', passed: false, detail, remedy });
  if (error.code !== 'not_found') {
    return fails(`The registry does not let us read ${repository}: ${messageOf(error)}`, 'Let our user pull from it.');
  }
  return fails(
    `The registry has no repository ${repository} that is shown to us.`,
    `Push to ${repository}; where it is there, let our user pull from it.`,
  );
}

async function tagsOf({ client }: Context, repository: string, signal: AbortSignal): Promise<string[]> {
  return client.fetchTags(repository, signal).catch((error: unknown) => {
    // Only a name that was guessed: what the registry says against it does not matter.
    if (error instanceof RegistryError && isOfOne(error)) return [];
    throw error;
  });
}

function checkTags(tags: readonly string[]): Check {
  const count = tags.filter(isReleaseTag).length;
  const others = tags.filter((each) => !isReleaseTag(each));
  if (count > 0)
    return { rule: 'releases', passed: true, detail: `It has ${count} of ${tags.length} tags that may be.` };
  const remedy = 'Push it with a version as its tag, such as 1.4.0: latest, 1 and 1.4 move, so they are no release.';
  const detail = others.length === 0 ? 'It has no tag.' : `It has only the tags ${others.slice(0, 5).join(', ')}.`;
  return { rule: 'releases', passed: false, detail, remedy };
}
