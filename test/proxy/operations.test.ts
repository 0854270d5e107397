import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { rollBackSite } from '../../indexer/rollback.ts';
import { createFolderReader, createFolderStorage } from '../../indexer/storage/folder.ts';
import { createHealth } from '../../proxy/health.ts';
import { BACKEND_CHECK_TIMEOUT_MS, OPERATIONS_TIMEOUT_MS } from '../../proxy/server-limits.ts';
import { createSiteView } from '../../proxy/site-view.ts';
import { configOf, giteaConfig, NOON, runIndexer, temporaryFolder, v1Of } from '../builders.ts';
import { sharedSite, sourcesOf, startBackends, startProxy, startWorld } from './world.ts';

const site = sharedSite();

const ORGANIZATION = /^GET \/api\/v1\//;

describe('GET /health', () => {
  test('tells that a rollback holds the index', async () => {
    const { get, config } = await startWorld();
    const storage = createFolderStorage({ root: v1Of(config), now: () => NOON, temporaryName: randomUUID });
    await rollBackSite(1, { storage, keepGenerations: 5, now: () => NOON });
    const held = { since: '2026-06-01T12:00:00Z', generation: 1 };
    expect((await get('/health')).json).toMatchObject({ status: 'healthy', index: { generation: 1, held } });
  });

  test('is healthy while all backends answer and the index is fresh', async () => {
    const { get } = await site();
    const answer = await get('/health');
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json).toEqual({
      status: 'healthy',
      version: '9.9.9',
      uptime_seconds: 0,
      backends: {
        gitea: { kind: 'gitea', status: 'healthy', latency_ms: 0 },
        oci: { kind: 'oci', status: 'healthy', latency_ms: 0 },
      },
      index: {
        generation: 1,
        created: '2026-06-01T12:00:00Z',
        checked_at: '2026-06-01T12:00:00Z',
        age_seconds: 0,
        stale: false,
      },
    });
  });

  test.each([
    [{ kind: 'status', status: 401 }, 'auth'],
    [{ kind: 'status', status: 500 }, 'bad_answer'],
    [{ kind: 'garbage' }, 'bad_answer'],
  ] as const)('is degraded, and answers 200, while a backend answers %j', async (fault, error) => {
    const { get, gitea } = await site();
    gitea.misbehave({ match: ORGANIZATION, fault });
    const answer = await get('/health');
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      status: 'degraded',
      backends: { gitea: { status: 'unhealthy', error }, oci: { status: 'healthy' } },
    });
    expect(answer.text).not.toContain(gitea.host);
  });

  test('is degraded when all backends are gone, as reads go on', async () => {
    const { get, gitea, oci } = await startWorld();
    await Promise.all([gitea.close(), oci.close()]);
    expect((await get('/health')).json).toMatchObject({
      status: 'degraded',
      backends: { gitea: { error: 'unreachable' }, oci: { error: 'unreachable' } },
    });
    expect((await get('/health/ready')).status).toBe(200);
  });

  test('does not wait for a backend that hangs', async () => {
    const { app, config, gitea } = await site();
    gitea.misbehave({ match: ORGANIZATION, fault: { kind: 'hang' } });
    const sources = sourcesOf(config);
    onTestFinished(async () => void (await Promise.all([...sources.values()].map((each) => each.close()))));
    const view = createSiteView({ reader: createFolderReader({ root: v1Of(config) }), now: () => NOON, log: app.log });
    const health = createHealth({
      view,
      sources,
      version: '9.9.9',
      maxAgeSeconds: 3_600,
      checkTimeoutMs: 20,
      now: () => NOON,
    });
    expect(await health.report()).toMatchObject({
      status: 'degraded',
      backends: { gitea: { status: 'unhealthy', error: 'timeout' }, oci: { status: 'healthy' } },
    });
  });

  test('gives a backend as long as the limits say', async () => {
    const { get } = await site();
    // Looked at and called all the same: the limit itself would take seconds to be seen.
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    onTestFinished(() => timeout.mockRestore());
    await get('/health');
    expect(timeout).toHaveBeenCalledWith(BACKEND_CHECK_TIMEOUT_MS);
    expect(BACKEND_CHECK_TIMEOUT_MS).toBeLessThan(OPERATIONS_TIMEOUT_MS);
  });

  test('remembers for five seconds what the backends said, and asks once for all who ask', async () => {
    const { get, gitea, clock } = await site();
    await Promise.all(Array.from({ length: 10 }, () => get('/health')));
    const asked = gitea.requests.length;
    expect(asked).toBeGreaterThan(0);
    clock.nowMs += 4_999;
    await get('/health');
    expect(gitea.requests).toHaveLength(asked);
    clock.nowMs += 1;
    await get('/health');
    expect(gitea.requests).toHaveLength(2 * asked);
  });

  test('asks again when the clock has jumped back, and is never up for less than nothing', async () => {
    const { get, gitea, clock } = await site();
    await get('/health');
    const asked = gitea.requests.length;
    clock.nowMs -= 3_600_000;
    expect((await get('/health')).json).toMatchObject({ status: 'healthy', uptime_seconds: 0 });
    expect(gitea.requests).toHaveLength(2 * asked);
  });

  test('is degraded when no crawl has confirmed the index for too long', async () => {
    const { get, clock } = await startWorld({ maxAgeSeconds: 3_600 });
    clock.nowMs += 3_600_000;
    expect((await get('/health')).json).toMatchObject({
      status: 'healthy',
      index: { age_seconds: 3600, stale: false },
    });
    clock.nowMs += 1_000;
    expect((await get('/health')).json).toMatchObject({
      status: 'degraded',
      uptime_seconds: 3601,
      index: { age_seconds: 3601, stale: true },
    });
  });

  test('is unhealthy while nothing is published', async () => {
    const { gitea } = await startBackends();
    const { get } = await startProxy(configOf(await temporaryFolder(), [giteaConfig(gitea.url)]));
    const answer = await get('/health');
    expect({ status: answer.status, body: answer.json }).toMatchObject({
      status: 200,
      body: { status: 'unhealthy', index: null, backends: { gitea: { status: 'healthy' } } },
    });
  });
});

describe('GET /health/live', () => {
  test('asks nothing', async () => {
    const { gitea } = await startBackends();
    const { get } = await startProxy(configOf(await temporaryFolder(), [giteaConfig(gitea.url)]));
    const answer = await get('/health/live');
    expect({ status: answer.status, body: answer.json }).toEqual({
      status: 200,
      body: { status: 'healthy', uptime_seconds: 0 },
    });
    expect(gitea.requests).toEqual([]);
  });
});

describe('GET /health/ready', () => {
  test('is 503 until something can be served', async () => {
    const { gitea } = await startBackends();
    const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url)]);
    const { get, clock } = await startProxy(config);
    const before = await get('/health/ready');
    expect({ status: before.status, body: before.json }).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    await runIndexer(config);
    clock.nowMs += 1_000;
    const after = await get('/health/ready');
    expect({ status: after.status, body: after.json }).toEqual({ status: 200, body: { status: 'healthy' } });
  });
});

describe('GET /metrics', () => {
  test('has the metrics of the API, with route templates and no names', async () => {
    const { get, clock } = await site();
    await get('/extensions');
    await get('/extensions');
    await get('/extensions/provider/aws/1.0.0');
    await get('/extensions/provider/nope');
    await get('/extensions', { method: 'HEAD' });
    await get('/extensions', { method: 'DELETE' });
    await get('/extensions/provider/%zz');
    clock.nowMs += 90_000;
    const answer = await get('/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = answer.text.split('\n');
    for (const line of [
      'http_requests_total{route="/api/v1/extensions",method="GET",status="200"} 2',
      'http_requests_total{route="/api/v1/extensions",method="HEAD",status="200"} 1',
      'http_requests_total{route="none",method="DELETE",status="405"} 1',
      'http_requests_total{route="none",method="GET",status="400"} 1',
      'http_requests_total{route="/api/v1/extensions/:type/:name/:version",method="GET",status="200"} 1',
      'http_requests_total{route="/api/v1/extensions/:type/:name",method="GET",status="404"} 1',
      'http_request_duration_seconds_count{route="/api/v1/extensions",method="GET"} 2',
      'cache_hits_total{cache="list"} 2',
      'cache_misses_total{cache="list"} 1',
      'cache_misses_total{cache="versions"} 1',
      'extensions_total 5',
      'extreg_extensions{type="provider"} 2',
      'extreg_index_generation 1',
      'extreg_index_age_seconds 90',
      'extreg_crawl_last_success_timestamp_seconds{source="oci"} 1780315200',
      'extreg_download_bytes_total 5000',
      'extreg_downloads_in_flight 0',
      'extreg_digest_mismatch_total 0',
      'extreg_downloads_total{outcome="complete"} 1',
      'extreg_downloads_total{outcome="mismatch"} 0',
      'extreg_downloads_limit 256',
      'extreg_index_readable 1',
      'extreg_index_max_age_seconds 86400',
      'extreg_index_created_timestamp_seconds 1780315200',
      'extreg_index_held 0',
      'extreg_versions 8',
      'extreg_source_carried_forward{source="gitea"} 0',
      'extreg_crawl_report_readable 1',
      'extreg_crawl_finished_timestamp_seconds 1780315200',
      'extreg_crawl_duration_seconds{source="gitea"} 0',
      'extreg_crawl_retries{source="oci"} 0',
      'extreg_source_releases{source="gitea"} 7',
      'extreg_problems{code="no_primary_asset"} 1',
      'extreg_problems{code="mutated"} 0',
      'extreg_build_info{version="9.9.9"} 1',
    ]) {
      expect(lines).toContain(line);
    }
    expect(answer.text).toMatch(/^process_resident_memory_bytes\{worker="1"\} \d{8,}$/m);
    expect(answer.text).toMatch(/^extreg_event_loop_lag_p99_seconds\{worker="1"\} \d/m);
    expect(answer.text).not.toMatch(/aws|nope|127\.0\.0\.1/);
    for (const line of lines.filter((each) => each !== '' && !each.startsWith('#'))) {
      expect(line).toMatch(/^[a-z_0-9]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$/);
    }
  });

  test('tells that a rollback holds the index, and that a source failed', async () => {
    const { get, config, gitea, clock } = await startWorld();
    await gitea.close();
    await runIndexer(config, { now: () => NOON + 60_000 });
    const storage = createFolderStorage({ root: v1Of(config), now: () => NOON, temporaryName: randomUUID });
    await rollBackSite(1, { storage, keepGenerations: 5, now: () => NOON });
    clock.nowMs += 60_000;
    const lines = (await get('/metrics')).text.split('\n');
    expect(lines).toContain('extreg_index_held 1');
    expect(lines).toContain('extreg_source_carried_forward{source="gitea"} 1');
    expect(lines).toContain('extreg_source_carried_forward{source="oci"} 0');
    expect(lines).toContain('extreg_crawl_last_success_timestamp_seconds{source="gitea"} 1780315200');
    expect(lines).toContain('extreg_crawl_last_success_timestamp_seconds{source="oci"} 1780315260');
  });

  test('tells that the published site cannot be read any more, while it is served on', async () => {
    const { get, config, clock } = await startWorld();
    await get('');
    await writeFile(join(v1Of(config), 'index.json'), '{');
    clock.nowMs += 1_000;
    const lines = (await get('/metrics')).text.split('\n');
    expect(lines).toContain('extreg_index_readable 0');
    expect(lines).toContain('extreg_index_generation 1');
  });

  test('works before anything is published', async () => {
    const { gitea } = await startBackends();
    const { get } = await startProxy(configOf(await temporaryFolder(), [giteaConfig(gitea.url)]));
    const answer = await get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('extensions_total');
    expect(answer.text).toContain('\nextreg_index_readable 0\n');
    expect(answer.text).toContain('\nextreg_crawl_report_readable 0\n');
  });
});

describe('every answer', () => {
  test('has an id that the log has too', async () => {
    const { get, log } = await site();
    const ids = [];
    for (const path of ['', '/extensions/provider/aws/1.0.0', '/nope', '/extensions/provider/%zz', '/health']) {
      ids.push((await get(path)).headers['x-request-id']);
    }
    expect(new Set(ids).size).toBe(5);
    const logged = () => log.filter((line) => line['event'] === 'request').map((line) => line['reqId']);
    while (logged().length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(new Set(logged())).toEqual(new Set(ids));
  });
});
