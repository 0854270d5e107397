import { compareVersions, type Version } from '../../indexer/model/version.ts';
import { isSet, type CommandContext, type ParsedArgs, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { InstallWish } from '../install/wish.ts';
import { listInUse, type InUse } from '../project/baseline.ts';
import { fits, rangePast, type Wanted } from '../project/wanted.ts';
import { renderTable, type Column } from '../table.ts';
import { timeAgo } from '../times.ts';
import { install, report, resolveAll } from './install.ts';

/** One that a newer version was chosen for. */
interface Upgrade {
  from: Version;
  wish: InstallWish;
}

export const run: RunCommand = async (context, args) => {
  const inUse = await listInUse(await context.settings(), args.operands);
  const upgrades = await findUpgrades(context, args, inUse);
  if (!isSet(args, 'dry-run')) {
    const wishes = upgrades.map(({ wish }) => wish);
    const wanted = new Map(wishes.map((wish) => [wish.id, wish.wanted]));
    const installations = await install(context, args, { wishes, ...(wishes.length > 0 && { wanted }) });
    if (installations.length > 0 || context.json) return report(context, installations);
  }
  if (context.json) context.print({ upgrades: upgrades.map(toJson) });
  else if (upgrades.length === 0) context.say(nothing(inUse, isSet(args, 'major')));
  else context.out(renderUpgrades(upgrades, context));
  return EXIT.done;
};

async function findUpgrades(context: CommandContext, args: ParsedArgs, inUse: readonly InUse[]): Promise<Upgrade[]> {
  const past = isSet(args, 'major');
  const planned = inUse.map(({ id, wanted }) => ({ id, wanted: wishFor(wanted, args, past), locked: undefined }));
  const wishes = await resolveAll(context, planned);
  return wishes.flatMap((wish, at) => {
    const before = inUse[at];
    const { version } = wish.choice.entry;
    if (before === undefined || compareVersions(version, before.version) <= 0) return [];
    const wanted: Wanted = { ...wish.wanted, range: before.wanted.range };
    const kept = fits(wanted, version) ? wanted.range : rangePast(wanted.range, version);
    return [{ from: before.version, wish: { ...wish, wanted: { ...wanted, range: kept } } }];
  });
}

/** What a newer version is looked for by. */
function wishFor(wanted: Wanted, args: ParsedArgs, past: boolean): Wanted {
  return {
    ...wanted,
    ...(past && { range: 'latest' }),
    ...(isSet(args, 'prereleases') && { prereleases: true }),
  };
}

function nothing(inUse: readonly InUse[], past: boolean): string {
  if (inUse.length === 0) return 'Nothing is installed.';
  return past
    ? 'Nothing to upgrade: all are the newest.'
    : 'Nothing to upgrade within the ranges; extension outdated shows what is past them.';
}

function renderUpgrades(upgrades: readonly Upgrade[], { terminal, now }: CommandContext): string {
  const entries = upgrades.map(({ wish }) => wish.choice.entry);
  const columns: Column[] = [
    { title: 'EXTENSION', cells: upgrades.map(({ wish }) => wish.id) },
    { title: 'FROM', cells: upgrades.map(({ from }) => from) },
    { title: 'TO', cells: entries.map(({ version }) => version) },
    { title: 'PUBLISHED', cells: entries.map((each) => timeAgo(each.published_at, now())), optional: true },
  ];
  return renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}

function toJson({ from, wish: { id, choice, wanted } }: Upgrade) {
  const { version, published_at } = choice.entry;
  return { extension: id, from, to: version, published_at, range: wanted.range };
}
