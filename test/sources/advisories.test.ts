import type { LookupFunction } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { messageOf } from '../../indexer/model/errors.ts';
import { giteaConfig, ociConfig } from '../builders.ts';
import { startFakeServer } from '../fakes/fake-server.ts';
import { digestOf, MEDIA_TYPES } from '../fakes/oci.ts';
import { jsonReply, textReply } from '../fakes/replies.ts';
import { bytesAt, errorOf, list, openSource, soon } from './open-source.ts';
import { addExtension, startGitea } from './gitea-worlds.ts';
import { startOci } from './oci-worlds.ts';

/* What happened to others who read such backends; more of it is named in the tests beside this one. */

const METADATA = '169.254.169.254';
const toMetadata: LookupFunction = (_hostname, options, callback) => {
  if (options.all === true) callback(null, [{ address: METADATA, family: 4 }]);
  else callback(null, METADATA, 4);
};

describe('CVE-2026-48978, GHSA-xf85-363p-868w (oras-go): a realm', () => {
  test('that is at an address which only a nearer server may name is not asked, though the configuration names it', async () => {
    const realm = 'http://auth.example.test/token';
    const challenge = { 'WWW-Authenticate': `Bearer realm="${realm}",service="reg"` };
    const server = await startFakeServer(() => jsonReply(401, {}, challenge));
    onTestFinished(() => server.close());
    const config = ociConfig(server.url, {
      tokenService: 'http://auth.example.test',
      username: 'reader',
      secret: 's3cret',
    });
    const error = await errorOf(openSource(config, Date.now, { lookup: toMetadata }).checkHealth(soon()));
    expect(error).toMatchObject({ code: 'auth' });
    expect(messageOf(error)).toContain(
      'An answer leads to auth.example.test, which is at a link-local or metadata address',
    );
  });
});

describe('CVE-2026-32591 (Quay), verdaccio#6218: an address in an answer', () => {
  test('of Gitea is never fetched: assets are asked for at the configured server by their uuid', async () => {
    const thief = await startFakeServer(() => textReply(200, 'stolen'));
    onTestFinished(() => thief.close());
    const gitea = await startGitea({ rootUrl: `${thief.url}/` });
    gitea.addToken({ token: 'bot' });
    addExtension(gitea, { name: 'aws_prov' });
    const source = openSource(giteaConfig(gitea.url, { secret: 'bot' }));
    const [release] = (await list(source)).releases;
    expect(JSON.stringify(release)).not.toContain(`${thief.url}/attachments`);
    expect((await bytesAt(source, release!.assets[0]!.location)).toString()).toBe('aws_prov');
    expect(thief.requests).toEqual([]);
  });

  test('of an OCI manifest is never fetched: foreign layers are asked for at the registry by their digest', async () => {
    const thief = await startFakeServer(() => textReply(200, 'stolen'));
    onTestFinished(() => thief.close());
    const oci = await startOci();
    const digest = digestOf('layer');
    const layer = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      digest,
      size: 5,
      urls: [`${thief.url}/layer`],
      annotations: { 'org.opencontainers.image.title': 'aws.tar' },
    };
    oci.pushRaw('acme/aws-provider', '1.0.0', {
      bytes: JSON.stringify({ layers: [layer] }),
      mediaType: MEDIA_TYPES.manifest,
    });
    const source = openSource(ociConfig(oci.url));
    const { location } = (await list(source)).releases[0]!.assets[0]!;
    expect(await errorOf(bytesAt(source, location))).toMatchObject({ code: 'not_found' });
    expect(thief.requests).toEqual([]);
  });
});
