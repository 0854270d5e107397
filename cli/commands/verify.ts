import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { clipLine } from '../../indexer/model/text.ts';
import type { Version } from '../../indexer/model/version.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { EXIT, exitCodeOfError } from '../exit-codes.ts';
import { printable } from '../install/entry-path.ts';
import { identifyAmong } from '../project/baseline.ts';
import { compareFiles, type FileDifference } from '../project/compare-files.ts';
import { versionFolder } from '../project/install-root.ts';
import { listVersions } from '../project/installed.ts';
import type { InstallRecord } from '../project/record.ts';

/** What was found of one installed version. */
interface Finding {
  id: ExtensionId;
  version: Version;
  isCurrent: boolean;
  /** Files that were looked at. */
  count: number;
  files: readonly FileDifference[];
  /** What else is wrong: its record, or what the site says of it now. */
  faults: readonly string[];
}

export const run: RunCommand = async (context, { operands }) => {
  const { root } = await context.settings();
  const all = await listVersions(root);
  const ids = [...new Set(all.map(({ id }) => id))];
  const named = new Set(operands.map((each) => identifyAmong(each, ids)));
  const site = openSite(context);
  const findings: Finding[] = [];
  for (const { id, version, isCurrent, record, fault } of all) {
    if (named.size > 0 && !named.has(id)) continue;
    const known = { id, version, isCurrent };
    if (record === undefined) {
      findings.push({ ...known, count: 0, files: [], faults: fault === undefined ? [] : [fault] });
      continue;
    }
    const files = await compareFiles(versionFolder(root, id, version), record.files, context.signal);
    const count = Object.keys(record.files).length;
    findings.push({ ...known, count, files, faults: await site.about(record) });
  }
  if (context.json) context.print(findings.map(toJson));
  else show(findings, context, root);
  return findings.every(isSound) ? site.exitCode() : EXIT.differs;
};

function isSound({ files, faults }: Finding): boolean {
  return files.length === 0 && faults.length === 0;
}

function toJson(finding: Finding) {
  const { id, version, isCurrent, count, files, faults } = finding;
  return { extension: id, version, current: isCurrent, ok: isSound(finding), files: count, differences: files, faults };
}

interface SiteComparison {
  /** How the site differs from the record; nothing where it does not, or cannot be asked. */
  about(record: InstallRecord): Promise<string[]>;
  /** What not being able to ask it amounts to. */
  exitCode(): number;
}

/** The site that was not named, or does not answer, is told once; the files are compared all the same. */
function openSite(context: CommandContext): SiteComparison {
  let exitCode: number = EXIT.done;
  let isSilent = false;
  return {
    about: async (record) => {
      if (isSilent) return [];
      try {
        return await compareWithSite(context, record);
      } catch (error) {
        context.signal.throwIfAborted();
        if (codeOf(error) === 'not_found') return ['the site does not have this extension any more'];
        isSilent = true;
        context.note(`warning: not compared with the site: ${messageOf(error)}`);
        // Who names no site asks for no more than the files.
        exitCode = codeOf(error) === 'usage' ? EXIT.done : exitCodeOfError(error);
        return [];
      }
    },
    exitCode: () => exitCode,
  };
}

async function compareWithSite(
  context: CommandContext,
  { extension, version, asset }: InstallRecord,
): Promise<string[]> {
  const registry = await context.registry();
  const entry = (await registry.versions(extension)).find((each) => each.version === version);
  const found = entry?.assets.find((each) => each.name === asset.name);
  if (entry === undefined) return ['the site does not have this version any more'];
  if (found === undefined) return [`the site does not have ${printable(asset.name)} of this version any more`];
  if (entry.yanked !== undefined)
    context.note(`warning: ${extension} ${version} is yanked: ${printable(entry.yanked.reason)}`);
  if (found.digest === undefined || found.digest === asset.digest) return [];
  return [`the site has ${found.digest} for ${printable(asset.name)}, and ${asset.digest} was installed`];
}

function show(findings: readonly Finding[], { say, note, terminal }: CommandContext, root: string): void {
  for (const finding of findings) {
    const { id, version, isCurrent, count, files, faults } = finding;
    const verdict = isSound(finding)
      ? `${terminal.style('green', 'ok')}, ${count} ${count === 1 ? 'file' : 'files'}`
      : terminal.style('red', 'differs');
    say(`${id} ${version}: ${verdict}`);
    for (const { path, difference, detail } of files) {
      say(`  ${difference}: ${clipLine(path, 1_000).text}${detail === undefined ? '' : ` (${detail})`}`);
    }
    for (const each of faults) say(`  ${each}`);
    // What is in use is unpacked again where it is not as it was recorded.
    if (files.length > 0) note(`To repair it: extension ${isCurrent ? `install ${id}` : `remove ${id}@${version}`}`);
  }
  if (findings.length === 0) say(`Nothing is installed in ${root}.`);
}
