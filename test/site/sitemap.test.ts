import { describe, expect, test } from 'vitest';
import { renderItem } from '../../indexer/site/items.ts';
import { renderSitemap } from '../../indexer/site/sitemap.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { childText, elementsOf, parseXml } from '../markup/xml.ts';

function sitemapOf(ids: string[], publicUrl = 'https://registry.example.org/base'): Map<string, string> {
  const items = ids.map((id) => renderItem(catalogueExtension(id, ['1.0.0']), {}));
  return new Map([...renderSitemap(items, publicUrl)].map(({ path, text }) => [path, text]));
}

describe('renderSitemap', () => {
  test('has the page of each extension, and an index of itself', () => {
    const files = sitemapOf(['provider/aws', 'taskserv/redis']);
    expect(Object.fromEntries(files)).toEqual({
      'sitemap/1.xml': [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        '<url><loc>https://registry.example.org/base/</loc></url>',
        '<url><loc>https://registry.example.org/base/api/v1/html/index.html</loc></url>',
        '<url><loc>https://registry.example.org/base/extension.html?id=provider/aws</loc></url>',
        '<url><loc>https://registry.example.org/base/extension.html?id=taskserv/redis</loc></url>',
        '</urlset>',
        '',
      ].join('\n'),
      'sitemap/index.xml': [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        '<sitemap><loc>https://registry.example.org/base/api/v1/sitemap/1.xml</loc></sitemap>',
        '</sitemapindex>',
        '',
      ].join('\n'),
    });
  });

  test('leaves out what is withdrawn', () => {
    const withdrawn = catalogueExtension('provider/old', [catalogueVersion('1.0.0', { yanked: 'Deletes volumes.' })]);
    const [sitemap] = [...renderSitemap([renderItem(withdrawn, {})], 'https://r.example.org')];
    expect(sitemap?.text).not.toContain('provider/old');
  });

  test('escapes an address', () => {
    const text = sitemapOf(['provider/aws'], "https://r.example.org/a&b'c").get('sitemap/1.xml') ?? '';
    expect(text).toContain('https://r.example.org/a&amp;b&#39;c/extension.html');
    const locations = elementsOf(parseXml(text)).map((each) => childText(each, 'loc'));
    expect(locations.at(-1)).toBe("https://r.example.org/a&b'c/extension.html?id=provider/aws");
  });

  test('is cut well below the 50,000 addresses of the protocol', () => {
    const files = sitemapOf(Array.from({ length: 10_000 }, (_, number) => `provider/p${number}`));
    expect([...files.keys()]).toEqual(['sitemap/1.xml', 'sitemap/2.xml', 'sitemap/index.xml']);
    const counts = [...files.values()].map((text) => elementsOf(parseXml(text)).length);
    expect(counts).toEqual([10_000, 2, 2]);
  });
});
