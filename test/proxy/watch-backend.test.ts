import { describe, expect, test } from 'vitest';
import { renderMetrics } from '../../proxy/metrics.ts';
import { createProxyMetrics } from '../../proxy/proxy-metrics.ts';
import { watchBackend } from '../../proxy/watch-backend.ts';
import { createClient, requestFor, startServer } from '../http/clients.ts';
import { jsonReply } from '../fakes/replies.ts';

function watched() {
  const metrics = createProxyMetrics('9.9.9');
  const clock = { nowMs: 0 };
  const onSend = watchBackend({ metrics, source: 'gitea', now: () => clock.nowMs });
  const none = {
    enabled: true,
    entries: 0,
    capacity: 1,
    ttl_seconds: 1,
    hits: 0,
    misses: 0,
    evictions: 0,
    hit_ratio: 0,
  };
  const lines = (): string[] =>
    renderMetrics(metrics.counted({ list: none, metadata: none, versions: none }))
      .split('\n')
      .filter((line) => line.startsWith('extreg_backend_'));
  return { onSend, clock, lines };
}

describe('watchBackend', () => {
  test('counts each request by what came of it, redirects and further tries included', async () => {
    const { onSend, lines } = watched();
    const server = await startServer(({ path }) => {
      if (path === '/old') return { status: 302, headers: { Location: '/new' } };
      return path === '/gone' ? { status: 404 } : jsonReply(200, {});
    });
    server.misbehave({ match: /old/, times: 1, fault: { kind: 'reset' } });
    const client = createClient(server.url, { onSend });
    await client.fetchBytes(requestFor('old'), 100);
    await expect(client.fetchBytes(requestFor('gone'), 100)).rejects.toMatchObject({ code: 'not_found' });
    expect(lines().filter((line) => line.startsWith('extreg_backend_requests_total'))).toEqual([
      'extreg_backend_requests_total{source="gitea",outcome="unreachable"} 1',
      'extreg_backend_requests_total{source="gitea",outcome="redirect"} 1',
      'extreg_backend_requests_total{source="gitea",outcome="ok"} 1',
      'extreg_backend_requests_total{source="gitea",outcome="not_found"} 1',
    ]);
    expect(lines()).toContain('extreg_backend_request_duration_seconds_count{source="gitea"} 4');
  });

  test.each([
    ['given_up', () => new Error('the client left')],
    ['timeout', () => new DOMException('late', 'TimeoutError')],
  ])('counts a request that is ended by us as %s', async (outcome, reason) => {
    const { onSend, lines } = watched();
    const server = await startServer(() => jsonReply(200, {}));
    server.misbehave({ match: /./, fault: { kind: 'hang' } });
    const end = new AbortController();
    const asked = createClient(server.url, { onSend }).fetchBytes(requestFor('a', { signal: end.signal }), 100);
    asked.catch(() => undefined);
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    end.abort(reason());
    await expect(asked).rejects.toThrow();
    expect(lines()).toContain(`extreg_backend_requests_total{source="gitea",outcome="${outcome}"} 1`);
  });

  test('takes the time to the header of the answer', () => {
    const { onSend, clock, lines } = watched();
    const ended = onSend('GET', new URL('http://a.example/'));
    clock.nowMs += 250;
    ended({ status: 503 });
    expect(lines()).toContain('extreg_backend_request_duration_seconds_bucket{source="gitea",le="0.1"} 0');
    expect(lines()).toContain('extreg_backend_request_duration_seconds_bucket{source="gitea",le="0.25"} 1');
    expect(lines()).toContain('extreg_backend_requests_total{source="gitea",outcome="rate_limit"} 1');
  });
});
