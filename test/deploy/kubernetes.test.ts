import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../indexer/config/load.ts';
import { parseFlags } from '../../proxy/flags.ts';
import { temporaryFolder } from '../builders.ts';
import { sharedWorld } from '../proxy/world.ts';
import { validateKubernetes } from '../tools/checkers.ts';
import { DEPLOY } from './web-servers.ts';
import { readYamlFolder } from './yaml.ts';

const FOLDER = join(DEPLOY, 'kubernetes');

interface Probe {
  httpGet: { path: string; port: string };
}

interface Container {
  name: string;
  image: string;
  args: string[];
  ports?: { name: string; containerPort: number; hostPort?: number }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  resources: { requests: { memory: string }; limits: { memory: string } };
  env?: unknown;
  envFrom?: unknown;
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface PodSpec extends Record<string, unknown> {
  terminationGracePeriodSeconds: number;
  containers: Container[];
  volumes: ({ name: string } & Record<string, Record<string, unknown>>)[];
}

interface Resource {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec: Record<string, unknown> & {
    selector?: Record<string, unknown>;
    template?: { metadata: { labels: object }; spec: PodSpec };
    jobTemplate?: {
      spec: { activeDeadlineSeconds: number; template: { metadata: { labels: object }; spec: PodSpec } };
    };
  };
}

let resources: Resource[];
beforeAll(async () => {
  resources = await readYamlFolder<Resource>(FOLDER);
});

function resource(kind: string, name?: string): Resource {
  const found = resources.find((each) => each.kind === kind && (name === undefined || each.metadata.name === name));
  expect(found, kind).toBeDefined();
  return found!;
}

const PODS = { proxy: 'Deployment', indexer: 'CronJob' } as const;

function podOf(name: keyof typeof PODS): PodSpec {
  const { template, jobTemplate } = resource(PODS[name]).spec;
  return (template ?? jobTemplate!.spec.template).spec;
}

function containerOf(name: keyof typeof PODS): Container {
  const [container, ...others] = podOf(name).containers;
  expect(others).toEqual([]);
  return container!;
}

describe('the folder for Kubernetes', () => {
  test.each(['1.37.0', '1.30.0'])('is valid for Kubernetes %s, every field of it', async (version) => {
    const files = (await readdir(FOLDER)).map((each) => join(FOLDER, each));
    const said = await validateKubernetes(files, version);
    expect(said.split('\n').filter((each) => each !== '' && !each.includes(' passed for resource '))).toEqual([]);
    expect(said.match(/ passed for resource /g)).toHaveLength(resources.length);
  });

  test('has what a registry needs, in a namespace of its own that enforces the restricted standard', () => {
    const kinds = resources.map(({ kind }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(['ConfigMap', 'CronJob', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']),
    );
    // A secret is nothing that is copied.
    expect(kinds).not.toContain('Secret');
    const { metadata } = resource('Namespace');
    expect(metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    for (const { kind, metadata: own } of resources) {
      if (kind !== 'Namespace') expect(own.namespace).toBe(metadata.name);
    }
  });

  // https://kubernetes.io/docs/concepts/security/pod-security-standards/, each line of "restricted", and what is beyond it.
  test.each(Object.keys(PODS) as (keyof typeof PODS)[])('lets the %s do nothing that it does not need', (name) => {
    const pod = podOf(name);
    for (const shared of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod[shared]).toBeUndefined();
    expect(pod['securityContext']).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod['automountServiceAccountToken']).toBe(false);
    const container = containerOf(name);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const port of container.ports ?? []) expect(port.hostPort).toBeUndefined();
    const kinds = pod.volumes.flatMap((volume) => Object.keys(volume).filter((each) => each !== 'name'));
    expect(new Set(kinds)).toEqual(new Set(['configMap', 'secret', 'persistentVolumeClaim']));
    // Tokens are files: what is in the environment is in every crash report.
    expect([container.env, container.envFrom]).toEqual([undefined, undefined]);
    const writable = container.volumeMounts.filter(({ readOnly }) => readOnly !== true).map((each) => each.name);
    expect(writable).toEqual(name === 'indexer' ? ['site'] : []);
    expect(container.resources.limits.memory).toMatch(/^\d+[MG]i$/);
  });

  test('names what it has: volumes, claims, selectors, one image', () => {
    for (const name of Object.keys(PODS) as (keyof typeof PODS)[]) {
      const { volumes } = podOf(name);
      expect(containerOf(name).volumeMounts.map((each) => each.name)).toEqual(volumes.map((each) => each.name));
      const claims = volumes.flatMap((each) => each['persistentVolumeClaim']?.['claimName'] ?? []);
      expect(claims).toEqual([resource('PersistentVolumeClaim').metadata.name]);
      expect(volumes.flatMap((each) => each['configMap']?.['name'] ?? [])).toEqual([
        resource('ConfigMap').metadata.name,
      ]);
    }
    const { labels } = resource('Deployment').spec.template!.metadata;
    expect(resource('Service').spec.selector).toEqual(labels);
    expect(resource('PodDisruptionBudget').spec.selector).toEqual({ matchLabels: labels });
    expect(resource('NetworkPolicy', 'requests-to-the-proxy').spec['podSelector']).toEqual({ matchLabels: labels });
    expect(containerOf('proxy').image).toBe(containerOf('indexer').image);
  });

  test('has a configuration that the programs take, whose folder and port are those of the pods', async () => {
    const folder = await temporaryFolder();
    const secrets = containerOf('proxy').volumeMounts.find((each) => each.name === 'tokens')!.mountPath;
    await mkdir(join(folder, 'tokens'));
    // As a volume of a secret has them, with fsGroup.
    for (const token of ['gitea.token', 'registry.token']) {
      await writeFile(join(folder, 'tokens', token), 'a-token\n', { mode: 0o440 });
    }
    const text = resource('ConfigMap').data!['config.toml']!.replaceAll(secrets, join(folder, 'tokens'));
    const file = join(folder, 'config.toml');
    await writeFile(file, text);
    const { config, warnings } = await loadConfig(file);
    expect(warnings).toEqual([]);
    expect(config.sources.map(({ secret }) => secret)).toEqual(['a-token', 'a-token']);
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: containerOf('proxy').ports![0]!.containerPort });
    const site = containerOf('indexer').volumeMounts.find((each) => each.name === 'site')!.mountPath;
    expect(config.site.path.startsWith(`${site}/`)).toBe(true);
  });

  test('has words for the programs that they understand, and time for downloads to end', () => {
    const { args, lifecycle } = containerOf('proxy');
    expect(args[0]).toBe('extension-registry');
    const flags = parseFlags(args.slice(1), '');
    if (typeof flags === 'string') throw new Error(flags);
    const grace = flags.graceMs / 1_000 + lifecycle!.preStop.sleep.seconds + 2;
    expect(podOf('proxy').terminationGracePeriodSeconds).toBeGreaterThan(grace);
    expect(containerOf('indexer').args).toEqual(['extension-indexer', '--config', flags.config]);
    const { concurrencyPolicy, jobTemplate } = resource('CronJob').spec;
    expect(concurrencyPolicy).toBe('Forbid');
    expect(jobTemplate!.spec.activeDeadlineSeconds).toBe(2 * 1_800);
  });

  test('starts the new before it ends the old', () => {
    expect(resource('Deployment').spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    expect(resource('PodDisruptionBudget').spec).toMatchObject({ minAvailable: 1 });
  });
});

describe('the probes', () => {
  const world = sharedWorld();

  test('ask for what the proxy answers, and only readiness for the site', async () => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf('proxy');
    const paths = [startupProbe, livenessProbe, readinessProbe].map((each) => each!.httpGet.path);
    expect(paths).toEqual(['/api/v1/health/live', '/api/v1/health/live', '/api/v1/health/ready']);
    for (const path of paths) {
      expect((await world().get(path.replace('/api/v1', ''))).status).toBe(200);
    }
  });
});
