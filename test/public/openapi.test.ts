import { describe, expect, test } from 'vitest';
import api from '../../public/schema/v1/openapi.json' with { type: 'json' };
import { filledPath, operationsOf, type OpenApi } from '../../public/src/openapi.ts';

const operations = operationsOf(api as unknown as OpenApi);

describe('operationsOf', () => {
  test('has every operation that answers, with its references resolved', () => {
    expect(operations.length).toBeGreaterThan(20);
    for (const { id, summary, parameters, responses } of operations) {
      expect({ id, summary }).toEqual({
        id: expect.stringMatching(/^get\w+$/) as string,
        summary: expect.stringMatching(/./) as string,
      });
      for (const { name, description } of parameters) expect([name, description].every(Boolean)).toBe(true);
      for (const { status, description } of responses) expect([status, description].every(Boolean)).toBe(true);
    }
  });

  test('knows which are files', () => {
    const of = (id: string) => operations.find((each) => each.id === id)?.file;
    expect(of('getVersions')).toBe('/api/v1/extensions/{type}/{name}/versions/index.json');
    expect(of('getContract')).toBe('/schema/v1/{file}');
    expect(of('getPrimaryAsset')).toBeUndefined();
  });
});

describe('filledPath', () => {
  test('puts values in their places', () => {
    expect(filledPath('/a/{x}/{y}', { x: '1.0.0+5', y: 'a b' })).toBe('/a/1.0.0+5/a%20b');
    expect(filledPath('/a/{x}', {})).toBeUndefined();
  });
});
