import type { CommandContext, RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { versionFolder } from '../project/install-root.ts';
import { listVersions } from '../project/installed.ts';
import type { InstallRecord } from '../project/record.ts';
import { renderTable, type Column } from '../table.ts';
import { formatSize, timeAgo } from '../times.ts';

export const run: RunCommand = async (context) => {
  const { root } = await context.settings();
  const all = await listVersions(root);
  for (const { fault } of all) if (fault !== undefined) context.note(`warning: ${fault}`);
  const versions = all.flatMap(({ record, isCurrent }) => (record === undefined ? [] : [{ record, isCurrent }]));
  if (context.json) context.print(versions.map((each) => toJson(each, root)));
  else if (all.length === 0) context.say(`Nothing is installed in ${root}.`);
  else context.out(renderVersions(versions, context));
  return EXIT.done;
};

interface Shown {
  record: InstallRecord;
  isCurrent: boolean;
}

function toJson({ record, isCurrent }: Shown, root: string) {
  const { extension, version, range, installed_at, site, generation, asset, files } = record;
  return {
    extension,
    version,
    current: isCurrent,
    range,
    installed_at,
    folder: versionFolder(root, extension, version),
    files: Object.keys(files).length,
    size: sizeOf(record),
    asset,
    site,
    generation,
  };
}

function renderVersions(versions: readonly Shown[], { terminal, now }: CommandContext): string {
  const records = versions.map(({ record }) => record);
  const columns: Column[] = [
    { title: 'EXTENSION', cells: records.map(({ extension }) => extension) },
    { title: 'VERSION', cells: records.map(({ version }) => version) },
    { title: 'IN USE', cells: versions.map(({ isCurrent }) => (isCurrent ? 'yes' : '')) },
    { title: 'SIZE', cells: records.map((each) => formatSize(sizeOf(each))), align: 'right', optional: true },
    { title: 'INSTALLED', cells: records.map((each) => timeAgo(each.installed_at, now())), optional: true },
  ];
  return renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}

/** Bytes of all its files. */
function sizeOf({ files }: InstallRecord): number {
  return Object.values(files).reduce((sum, file) => sum + ('size' in file ? file.size : 0), 0);
}
