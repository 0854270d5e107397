import { describe, expect, test } from 'vitest';
import type { Config } from '../../../indexer/config/config.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';
import { configFromWire, configToWire } from '../../../proxy/cluster/messages.ts';
import { configOf, giteaConfig, ociConfig } from '../../builders.ts';

describe('configFromWire', () => {
  test('gives back what configToWire was given, after it was JSON', () => {
    const id = parseExtensionId('provider/aws');
    const config: Config = {
      ...configOf('/srv/site', [
        { ...giteaConfig('https://git.example.org/gitea/'), ca: 'PEM', secret: 'token', owns: ['provider/*'] },
        { ...ociConfig('https://oci.example.org/'), repositories: ['a/b'], username: 'robot', secret: 'word' },
      ]),
      policy: [
        { action: 'yank', target: { text: 'provider/aws@<2', id, range: '<2' }, reason: 'Broken.' },
        { action: 'deprecate', target: { text: 'provider/aws', id }, message: 'Old.', replacement: id },
      ],
    };
    const sent = JSON.parse(JSON.stringify(configToWire(config))) as ReturnType<typeof configToWire>;
    expect(configFromWire(sent)).toStrictEqual(config);
  });

  test('knows nothing of whom the indexer tells', () => {
    const config = configOf('/srv/site', [giteaConfig('https://git.example.org/gitea/')]);
    const notify = { url: 'https://hooks.example.org/', secret: 'whsec_', timeoutMs: 1_000 };
    expect(configFromWire(configToWire({ ...config, notify }))).toStrictEqual(config);
  });
});
