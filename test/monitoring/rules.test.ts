import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { NOON } from '../builders.ts';
import { createIndexerRuns } from '../../proxy/indexer-runs.ts';
import { renderMetrics } from '../../proxy/metrics.ts';
import { startWorld } from '../proxy/world.ts';
import {
  exposedIn,
  expressionsOf,
  metricsIn,
  readDashboard,
  readMonitoring,
  selectedNames,
  valuesOf,
} from './expressions.ts';

describe('metricsIn', () => {
  test.each([
    ['up{job="a_b"} == 0', ['up']],
    ['sum by (job, le) (rate(a_bucket{code=~"1|2"}[5m])) > 1.5e9', ['a_bucket']],
    ['a:b:rate5m / ignoring (status) group_left () c_total', ['a:b:rate5m', 'c_total']],
    ['time() - max by (source) (a_seconds) > on (job) group_left () 3 * b_seconds', ['a_seconds', 'b_seconds']],
    ['rate(a_total[$__rate_interval]) unless b offset 1d', ['a_total', 'b']],
    ['label_values(a_info{job="b"}, instance)', ['a_info']],
  ])('finds the metrics of %s', (expression, names) => {
    expect(metricsIn(expression)).toEqual(names);
  });
});

describe('the rules and the dashboard', () => {
  test('select only metrics that a proxy has', async () => {
    const { get } = await startWorld();
    await get('/extensions/provider/aws/1.0.0');
    const runs = renderMetrics(createIndexerRuns(() => NOON).metrics());
    const { declared } = exposedIn((await get('/metrics')).text + runs);
    const selected = [...(await selectedNames())];
    expect(selected.length).toBeGreaterThan(30);
    expect(selected.filter((name) => !declared.has(name))).toEqual([]);
  });

  test('record all that is asked for by the name of a record', async () => {
    const rules = await Promise.all(['recording.rules.yml', 'alerts.rules.yml'].map(readMonitoring));
    const recorded = new Set(rules.flatMap((each) => valuesOf(each, 'record')));
    const asked = [...rules.flatMap((each) => valuesOf(each, 'expr')), ...expressionsOf(await readDashboard())]
      .flatMap(metricsIn)
      .filter((name) => name.includes(':'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !recorded.has(name))).toEqual([]);
  });
});

describe('the metrics of API.md', () => {
  test('are those that a proxy has', async () => {
    const { get } = await startWorld();
    const runs = renderMetrics(createIndexerRuns(() => NOON).metrics());
    const has = [...((await get('/metrics')).text + runs).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const api = await readFile(new URL('../../.github/API.md', import.meta.url), 'utf8');
    const [, section = ''] = /### Metrics\n(.*?)\n## /s.exec(api) ?? [];
    const told = [...section.matchAll(/`([a-z_]+_[a-z0-9_]+)(?:\{[a-z,]+\})?`/g)].map(([, name = '']) => name);
    expect(told.filter((name) => name !== 'given_up').toSorted()).toEqual(has.toSorted());
  });
});

interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}

describe('each alert', () => {
  test('is tried by promtool, silent and firing, and the guide says what to do', async () => {
    const alerts = valuesOf(await readMonitoring('alerts.rules.yml'), 'alert');
    expect(alerts.length).toBeGreaterThan(15);
    const { tests } = parse(await readMonitoring('rules.test.yml')) as RuleTests;
    const tries = tests.flatMap((each) => each.alert_rule_test);
    const firing = new Set(tries.filter((each) => each.exp_alerts.length > 0).map((each) => each.alertname));
    const silent = new Set(tries.filter((each) => each.exp_alerts.length === 0).map((each) => each.alertname));
    const guide = await readFile(new URL('../../deploy/README.md', import.meta.url), 'utf8');
    expect(alerts.filter((each) => !firing.has(each) || !silent.has(each))).toEqual([]);
    expect(alerts.filter((each) => !guide.includes(`\`${each}\``))).toEqual([]);
    const explained = [...guide.matchAll(/`(ExtensionRegistry\w+)`/g)].map(([, name = '']) => name);
    expect(explained.filter((each) => !alerts.includes(each))).toEqual([]);
  });
});

describe('the alert about memory', () => {
  test.each(['kubernetes/proxy.yaml', 'docker/compose.yaml'])('fires before the limit of %s', async (file) => {
    const expressions = valuesOf(await readMonitoring('alerts.rules.yml'), 'expr');
    const [, threshold] = /^process_resident_memory_bytes.* > (\S+)$/m.exec(expressions.join('\n'))!;
    const [, limit] = /(?:limits: \{ memory:|mem_limit:) (\d+)G?i?/i.exec(await readMonitoring(`../${file}`))!;
    expect(Number(threshold)).toBeLessThan(0.85 * Number(limit) * 1024 ** 3);
  });
});

describe('the dashboard', () => {
  test('asks the data source of its variable, and each panel has a title and something to show', async () => {
    const { panels, templating } = await readDashboard();
    expect(templating.list).toContainEqual(expect.objectContaining({ name: 'datasource', type: 'datasource' }));
    const chosen = { type: 'prometheus', uid: '${datasource}' };
    for (const { type, title, datasource, targets = [] } of panels) {
      expect(title).not.toBe('');
      if (type === 'row') continue;
      expect(datasource).toEqual(chosen);
      expect(targets.length).toBeGreaterThan(0);
      for (const each of targets) expect(each.datasource).toEqual(chosen);
    }
  });
});
