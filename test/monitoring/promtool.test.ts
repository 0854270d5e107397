import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { temporaryFolder } from '../builders.ts';
import { ask } from '../proxy/http.ts';
import { startProgram, writeConfig } from '../proxy/program.ts';
import { startBackends } from '../proxy/world.ts';
import { provideDebian } from '../tools/debian.ts';
import {
  exposedIn,
  MONITORING,
  readDashboard,
  readMonitoring,
  expressionsOf,
  RULE_FILES,
  selectedNames,
} from './expressions.ts';

interface Pod {
  metadata: { labels: Record<string, string> };
  spec: { containers: { ports: object[] }[] };
}

let promtool: string;

beforeAll(async () => {
  const { paths } = await provideDebian({ packages: ['prometheus'], programs: ['promtool'] });
  promtool = paths['promtool']!;
}, 300_000);

async function runPromtool(args: string[], input = '') {
  const child = spawn(promtool, args, { cwd: fileURLToPath(MONITORING) });
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number, said: `${stdout}${stderr}` };
}

describe('promtool', () => {
  test('finds the rules sound', async () => {
    const { code, said } = await runPromtool(['check', 'rules', ...RULE_FILES]);
    expect(said).toMatch(/alerts\.rules\.yml\s+SUCCESS: \d\d rules found/);
    expect(code).toBe(0);
  });

  test('finds the example of a configuration sound', async () => {
    expect(await runPromtool(['check', 'config', 'prometheus.example.yml'])).toMatchObject({ code: 0 });
  });

  test('finds it sound with what it has for Kubernetes, whose labels are those of the pods', async () => {
    const example = await readMonitoring('prometheus.example.yml');
    const { scrape_configs: scrapes } = parse(example.replaceAll(/^( +)#(?=\S| {2})/gm, '$1')) as {
      scrape_configs: { kubernetes_sd_configs?: unknown; relabel_configs: { source_labels: string[] }[] }[];
    };
    // Debian's Prometheus is built without Kubernetes, so it is only told what that would find.
    const { kubernetes_sd_configs: discovery, ...rest } = scrapes[0]!;
    expect(discovery).toEqual([{ role: 'pod', namespaces: { names: ['extension-registry'] } }]);
    const file = join(await temporaryFolder(), 'prometheus.yml');
    await writeFile(file, JSON.stringify({ scrape_configs: [rest] }));
    expect(await runPromtool(['check', 'config', file])).toMatchObject({ code: 0 });
    const [component, port] = rest.relabel_configs;
    expect(component).toMatchObject({ regex: 'proxy', action: 'keep' });
    expect(port).toMatchObject({ regex: 'http', action: 'keep' });
    const [deployment] = parseAllDocuments(await readMonitoring('../kubernetes/proxy.yaml'));
    const pod = (deployment!.toJS() as { spec: { template: Pod } }).spec.template;
    const labels = Object.entries(pod.metadata.labels).map(([name, value]) => [
      `__meta_kubernetes_pod_label_${name.replaceAll(/\W/g, '_')}`,
      value,
    ]);
    expect(labels).toContainEqual([component!.source_labels[0], 'proxy']);
    expect(pod.spec.containers[0]!.ports).toEqual([{ name: 'http', containerPort: 8082 }]);
  });

  test('sees each alert fire when it should, and not before', async () => {
    const { code, said } = await runPromtool(['test', 'rules', 'rules.test.yml']);
    expect(said).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  test('understands every expression of the dashboard', async () => {
    const asked = expressionsOf(await readDashboard()).filter((each) => !each.startsWith('label_values('));
    expect(asked.length).toBeGreaterThan(20);
    const rules = asked.map((each, at) => ({
      record: `dashboard_${at}`,
      // What Grafana puts in their place.
      expr: each.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    // JSON is YAML.
    const file = join(await temporaryFolder(), 'dashboard.rules.yml');
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { code, said } = await runPromtool(['check', 'rules', file]);
    expect(said).toContain(`SUCCESS: ${asked.length} rules found`);
    expect(code).toBe(0);
  });
});

describe.each([1, 2])('the metrics of the whole program with %i workers', (workers) => {
  test('are as promtool wants them, and every one that is selected has a sample', async () => {
    const { gitea } = await startBackends();
    const { file } = await writeConfig(gitea.url, { workers, more: '[indexer]\ninterval_seconds = 3600\n' });
    const { url, log } = await startProgram(file, { listening: workers });
    await log.until((line) => line['event'] === 'indexer_done');
    const get = (path: string) => ask(`${url}/api/v1${path}`);
    // Each worker looks for a new generation when it is asked, at most once a second.
    for (let status = 0; status !== 200;) ({ status } = await get('/extensions/provider/aws/1.0.0'));
    let metrics = '';
    while (!metrics.includes('extreg_downloads_total{outcome="complete"} 1')) metrics = (await get('/metrics')).text;
    const { sampled } = exposedIn(metrics);
    expect([...(await selectedNames())].filter((name) => !sampled.has(name))).toEqual([]);
    expect(metrics).toContain(`\nextreg_workers_reporting ${workers}\n`);
    expect(metrics).toContain('\nextreg_indexer_runs_total{code="0"} 1\n');
    expect(metrics).toContain(`\nextreg_downloads_limit ${workers * 256}\n`);
    expect(metrics.match(/^process_resident_memory_bytes\{worker="\d"\} /gm)).toHaveLength(workers);
    const { code, said } = await runPromtool(['check', 'metrics'], metrics);
    // The API's old name stays; its well-named twin is `extreg_extensions`.
    expect(said.trim().split('\n')).toEqual(['extensions_total non-counter metrics should not have "_total" suffix']);
    expect(code).toBe(3);
  });
});
