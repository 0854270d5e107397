import { describe, expect, test } from 'vitest';
import {
  BUILT_IN_TYPES,
  compareText,
  extensionId,
  nameOf,
  parseExtensionId,
  splitRepositoryName,
  typeOf,
} from '../../indexer/model/extension.ts';

describe('parseExtensionId', () => {
  test.each(['provider/aws', 'taskserv/cri-o', 'cluster/k8s.ha_1', 'x/0', `taskserv/${'a'.repeat(100)}`])(
    'takes %s',
    (text) => {
      const id = parseExtensionId(text);
      expect(id).toBe(text);
      expect(`${typeOf(id)}/${nameOf(id)}`).toBe(text);
    },
  );

  test.each([
    ['provider', 'invalid_name'],
    ['provider/aws/x', 'invalid_name'],
    ['provider/', 'invalid_name'],
    ['/aws', 'invalid_type'],
    ['Provider/aws', 'invalid_type'],
    ['provider/AWS', 'invalid_name'],
    ['provider/..', 'invalid_name'],
    ['../aws', 'invalid_type'],
    ['provider/.aws', 'invalid_name'],
    ['provider/aws-', 'invalid_name'],
    ['provider/-aws', 'invalid_name'],
    ['provider/a b', 'invalid_name'],
    ['provider/a%2fb', 'invalid_name'],
    ['provider/aws\n', 'invalid_name'],
    ['provider/ä', 'invalid_name'],
    ['provider/__proto__', 'invalid_name'],
    ['search/aws', 'invalid_type'],
    ['provider/index.json', 'invalid_name'],
    ['provider/versions', 'invalid_name'],
    ['provider/notes', 'invalid_name'],
    [`provider/${'a'.repeat(101)}`, 'invalid_name'],
  ])('refuses %j as %s', (text, code) => {
    expect(() => parseExtensionId(text)).toThrow(expect.objectContaining({ code }));
  });
});

describe('splitRepositoryName', () => {
  const gitea = [...BUILT_IN_TYPES].map(([type, { gitea: ending }]) => [type, ending] as const);
  const oci = [...BUILT_IN_TYPES].map(([type, { oci: ending }]) => [type, ending] as const);

  test.each([
    ['aws_prov', { type: 'provider', name: 'aws' }],
    ['cri-o_taskserv', { type: 'taskserv', name: 'cri-o' }],
    ['k8s_ha_cluster', { type: 'cluster', name: 'k8s_ha' }],
    ['_prov', undefined],
    ['aws', undefined],
    ['aws-provider', undefined],
    ['aws_prov_old', undefined],
  ])('of Gitea’s %s gives %o', (repository, parts) => expect(splitRepositoryName(repository, gitea)).toEqual(parts));

  test.each([
    ['aws-provider', { type: 'provider', name: 'aws' }],
    ['redis-taskserv', { type: 'taskserv', name: 'redis' }],
    ['k8s-ha-cluster', { type: 'cluster', name: 'k8s-ha' }],
    ['-cluster', undefined],
    ['aws_prov', undefined],
  ])('of OCI’s %s gives %o', (repository, parts) => expect(splitRepositoryName(repository, oci)).toEqual(parts));

  test('takes the longest ending that fits', () => {
    const endings = [
      ['cluster', '_cluster'],
      ['vcluster', '_v_cluster'],
    ] as const;
    expect(splitRepositoryName('dev_v_cluster', endings)).toEqual({ type: 'vcluster', name: 'dev' });
  });
});

describe('compareText', () => {
  test('goes by code units, not by a language', () => {
    expect(['z', 'ä', 'B', 'a', 'a-b', 'a'].sort(compareText)).toEqual(['B', 'a', 'a', 'a-b', 'z', 'ä']);
  });
});

describe('extensionId', () => {
  test('says what a name may be', () => {
    expect(() => extensionId('provider', 'A B')).toThrow(/"A B".*lower-case letters/);
  });
});
