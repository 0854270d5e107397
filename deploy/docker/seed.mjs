import { createHash } from 'node:crypto';
import { argv, stdout } from 'node:process';

/*
 * What compose.yaml has to show: `taskserv/hello` on Gitea, `provider/hello` as an OCI artifact. What is there already
 * stays as it is.
 *
 *   node seed.mjs http://gitea:3000 administrator:password http://oci:5000
 */

const [gitea, administrator, oci] = argv.slice(2);
const ADMINISTRATOR = `Basic ${Buffer.from(administrator).toString('base64')}`;
const JSON_TYPE = { 'content-type': 'application/json' };

/** What Gitea and an OCI registry say to what they have already. */
const IS_THERE = new Set([409, 422]);

async function send(url, request) {
  const response = await fetch(url, request);
  if (response.ok || IS_THERE.has(response.status)) return response;
  throw new Error(`${request.method} ${url}: ${response.status} ${await response.text()}`);
}

const create = (path, body) =>
  send(`${gitea}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: ADMINISTRATOR, ...JSON_TYPE },
    body: JSON.stringify(body),
  });

async function release() {
  await create('/orgs', { username: 'extensions', visibility: 'public' });
  const description = 'Says hello';
  await create('/orgs/extensions/repos', { name: 'hello_taskserv', description, auto_init: true });
  const made = await create('/repos/extensions/hello_taskserv/releases', { tag_name: '1.0.0', name: '1.0.0' });
  if (!made.ok) return;
  const { id } = await made.json();
  const form = new FormData();
  form.set('attachment', new Blob(['hello from gitea\n']), 'hello_taskserv.tar.gz');
  const assets = `${gitea}/api/v1/repos/extensions/hello_taskserv/releases/${id}/assets`;
  await send(assets, { method: 'POST', headers: { authorization: ADMINISTRATOR }, body: form });
}

/** OCI distribution specification 1.1, "Pushing blobs" in one request. */
async function pushBlob(bytes) {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const repository = `${oci}/v2/extensions/hello-provider`;
  const started = await send(`${repository}/blobs/uploads/`, { method: 'POST' });
  const target = new URL(started.headers.get('location'), repository);
  target.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await send(target, { method: 'PUT', headers, body: bytes });
  return { digest, size: bytes.length };
}

async function artifact() {
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', ...(await pushBlob(Buffer.from('{}'))) };
  const layer = {
    mediaType: 'application/gzip',
    ...(await pushBlob(Buffer.from('hello from a registry\n'))),
    annotations: { 'org.opencontainers.image.title': 'hello-1.0.0.tar.gz' },
  };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const annotations = { 'org.opencontainers.image.description': 'Says hello as well' };
  await send(`${oci}/v2/extensions/hello-provider/manifests/1.0.0`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer], annotations }),
  });
}

await release();
await artifact();
stdout.write('taskserv/hello and provider/hello are there\n');
