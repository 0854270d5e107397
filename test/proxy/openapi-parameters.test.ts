import { describe, expect, test } from 'vitest';
import { openApi, schemaFaults } from './openapi.ts';
import { sharedWorld } from './world.ts';

const world = sharedWorld();

const { components } = openApi;
const shared = Object.values(components.parameters);
const parameters = Object.values(openApi.paths).flatMap((item) => [
  ...(item.parameters ?? []),
  ...(item.get.parameters ?? []),
]);

describe('a parameter of text', () => {
  // Of the header's fields it is the sum that is limited, by HTTP itself (431, SECURITY.md).
  const ofText = [...new Set([...shared, ...parameters])].filter(({ in: place, schema, example, examples }) => {
    const [some] = Object.values(examples ?? {});
    return place !== 'header' && schema !== undefined && typeof (some?.value ?? example) === 'string';
  });

  test.each(ofText)('$name in the $in has an end', ({ schema }) => {
    expect(schemaFaults(schema!, 'a'.repeat(20_000)).join()).toContain('more than');
  });

  test.each(['q', 'tag'])('%s has at most 256 characters, whatever their size is', async (name) => {
    const { schema } = shared.find((each) => each.in === 'query' && each.name === name)!;
    const whole = '💩'.repeat(256);
    for (const [text, status, faults] of [
      [whole, 200, 0],
      [`${whole}a`, 400, 1],
    ] as const) {
      expect(schemaFaults(schema!, text)).toHaveLength(faults);
      expect((await world().get(`/extensions/search?${name}=${encodeURIComponent(text)}`)).status).toBe(status);
    }
  });
});
