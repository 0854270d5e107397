import type { CommandContext, RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { versionFolder } from '../project/install-root.ts';
import { listVersions } from '../project/installed.ts';
import type { InstallRecord } from '../project/record.ts';
import { renderTable } from '../table.ts';
import { formatSize, timeAgo } from '../times.ts';

export const run: RunCommand = async (context) => {
  const { root } = await context.settings();
  const all = await listVersions(root);
  for (const { fault } of all) if (fault !== undefined) context.note(`warning: ${fault}`);
  const versions = all.flatMap(({ record, isCurrent }) => (record === undefined ? [] : [{ record, isCurrent }]));
  if (context.json) context.print(versions.map((each) => toJson(each, root)));
  else if (all.length === 0) context.out(`Nothing is installed in ${root}.\n`);
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
  const columns = [
    { title: 'EXTENSION' },
    { title: 'VERSION' },
    { title: 'IN USE' },
    { title: 'SIZE', align: 'right', optional: true },
    { title: 'INSTALLED', optional: true },
  ] as const;
  const rows = versions.map(({ record, isCurrent }) => [
    record.extension,
    record.version,
    isCurrent ? 'yes' : '',
    formatSize(sizeOf(record)),
    timeAgo(record.installed_at, now()),
  ]);
  return renderTable(columns, rows, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}

/** Bytes of all its files. */
function sizeOf({ files }: InstallRecord): number {
  return Object.values(files).reduce((sum, file) => sum + ('size' in file ? file.size : 0), 0);
}
