import type { RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import { measureCache } from '../registry/download-cache.ts';
import { countOf, formatSize, timeAgo } from '../times.ts';
import { renderFields } from '../wrap.ts';

export const run: RunCommand = async (context) => {
  const { cacheFolder, root, projectFolder, credential } = await context.settings();
  const registry = await context.registry();
  const [state, cache] = await Promise.all([registry.state(), measureCache(cacheFolder)]);
  if (context.json) {
    const { byType, ...counts } = state.counts;
    context.print({
      site: state.site,
      proxy: state.proxy,
      offline: state.offline,
      generation: state.generation,
      created: state.created,
      checked_at: state.checkedAt,
      confirmed_at: state.confirmedAt,
      counts: { ...counts, by_type: byType },
      failures: state.failures,
      cache: { folder: cacheFolder, ...cache },
      root,
      project: projectFolder,
    });
    return EXIT.done;
  }
  const ago = (text: string): string => timeAgo(text, context.now());
  const types = Object.entries(state.counts.byType).map(([type, count]) => `${count} ${type}`);
  const lines: [string, string][] = [
    ['site', `${state.site}${state.offline ? ' (offline: what is kept of it)' : ''}`],
    ['proxy', state.proxy ?? 'none: name one with --proxy to download'],
    ['credential', credential === undefined ? 'none' : credential.kind],
    ['generation', `${state.generation}, made ${ago(state.created)}, found true ${ago(state.checkedAt)}`],
    ['confirmed', `by the site, ${ago(state.confirmedAt)}`],
    ['extensions', `${state.counts.extensions} (${types.join(', ')}), ${countOf(state.counts.versions, 'version')}`],
    ['cache', `${cacheFolder}: ${countOf(cache.files, 'asset')}, ${formatSize(cache.bytes)}`],
    ['install root', root],
    ['project', projectFolder],
  ];
  const { columns, style } = context.terminal;
  const fields = lines.map(([title, value]) => [title, oneLine(value)] as const);
  context.out(renderFields(fields, { columns, dim: (text) => style('dim', text) }));
  for (const { site, reason } of state.failures) context.note(`warning: ${site}: ${reason}`);
  return EXIT.done;
};
