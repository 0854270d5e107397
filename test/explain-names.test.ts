import { describe, expect, test } from 'vitest';
import { startWorld } from './crawl/world.ts';
import { ask } from './explain-ask.ts';

describe('a name that is not known', () => {
  test.each([
    ['provider/awz', ['provider/aws']],
    ['taskserv/aws', ['provider/aws']],
    ['providers/aws', ['provider/aws']],
    ['aws', ['provider/aws']],
    ['provider/something-else', undefined],
  ])('%s is told what may have been meant', async (subject, meant) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    const explanation = await ask(world, subject, false);
    expect(explanation.listed).toBe(false);
    expect(explanation.did_you_mean).toEqual(meant);
  });

  test('is not what a name is that is known and not listed', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    world.release('awz_prov', { '1.0.0': {} });
    await world.run();
    expect(await ask(world, 'provider/awz', false)).not.toHaveProperty('did_you_mean');
  });

  test.each([
    ['', /neither type\/name nor/],
    ['@1.0.0', /neither type\/name nor/],
    ['provider/aws@', /"" is no version/],
    ['provider/aws@latest', /"latest" is no version; name one exactly/],
    ['provider/Aws', /"Aws" cannot be part of an extension's name/],
    ['acme/aws-provider:1.0.0', /a version follows after an @/],
  ])('%j is refused with what to write', async (subject, message) => {
    const world = await startWorld();
    await expect(ask(world, subject, false)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    });
  });
});
