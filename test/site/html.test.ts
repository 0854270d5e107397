import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import { renderHtml, type HtmlOptions } from '../../indexer/site/html.ts';
import { shellWord } from '../../indexer/site/html-extension.ts';
import { renderItem } from '../../indexer/site/items.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { attributeOf, contentOf, elementsOf, htmlFaults, parseHtml } from '../markup/html-rules.ts';
import { check } from '../security/fuzz/check.ts';

const ABOUT = catalogueVersion('1.0.0').about;
const MAX_PAGE_BYTES = 300_000;

/** Path -> text. */
function pagesOf(extensions: CatalogueExtension[], options: HtmlOptions = {}): Map<string, string> {
  const listed = extensions.map((each) => ({
    item: renderItem(each, options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    file: each.versions[0]?.assets.find(({ primary }) => primary)?.name,
  }));
  return new Map([...renderHtml(listed, options)].map(({ path, text }) => [path, text]));
}

const mainOf = (text = '') => /<main>\n([^]*)<\/main>/.exec(text)?.[1];
const linksIn = (text = '') => elementsOf(parseHtml(text), 'a').map((each) => attributeOf(each, 'href'));
const commandsIn = (text = '') => elementsOf(parseHtml(text), 'pre').map(contentOf);

describe('renderHtml', () => {
  test('shows each extension with its links and commands', () => {
    const version = catalogueVersion('1.1.0+build.5', {
      about: {
        ...ABOUT,
        description: 'Fast & <b>small</b>',
        author: "O'Neil",
        homepage: 'https://aws.example.org/?a&b',
      },
      deprecated: { message: 'Old.', replacement: 'provider/new' },
    });
    const pages = pagesOf([catalogueExtension('provider/aws', [version, '1.0.0'])]);
    expect([...pages.keys()]).toEqual(['html/by-type/provider/a.html', 'html/index.html']);
    expect(mainOf(pages.get('html/by-type/provider/a.html'))).toMatchInlineSnapshot(`
      "<h1>provider extensions: a</h1>
      <p>The commands take the address of this registry from the variable <code>EXTENSION_REGISTRY_URL</code>: set it to what stands before <code>/html/</code> in the address of this page.</p>
      <article id="aws">
      <h2>aws <small>1.1.0+build.5</small></h2>
      <p><strong>Deprecated (use provider/new instead):</strong> Old.</p>
      <p dir="auto">Fast &amp; &lt;b&gt;small&lt;/b&gt;</p>
      <ul>
      <li><a href="../../../extensions/provider/aws/1.1.0%2Bbuild.5">plugin.tar.gz</a>, 7 bytes</li>
      <li><a href="../../../extensions/provider/aws/versions/index.json">2 versions (JSON)</a></li>
      <li><a href="../../../extensions/provider/aws/notes/index.json">Release notes (JSON)</a></li>
      <li><a href="https://git.example.org/x" rel="nofollow noopener noreferrer">Repository</a></li>
      <li><a href="https://aws.example.org/?a&amp;b" rel="nofollow noopener noreferrer">Homepage</a></li>
      <li>Published <time datetime="2026-05-01T00:00:00Z">2026-05-01</time> by <bdi>O&#39;Neil</bdi></li>
      </ul>
      <pre><code>extension install provider/aws@1.1.0+build.5</code></pre>
      <pre><code>curl -fLo plugin.tar.gz &quot;$EXTENSION_REGISTRY_URL/extensions/provider/aws/1.1.0%2Bbuild.5&quot;
      echo &#39;e4a2cfd679e9346ef80c096c93c35548fe9a90edc481e3348949360815c55b1e  plugin.tar.gz&#39; | sha256sum -c</code></pre>
      </article>
      "
    `);
    expect(mainOf(pages.get('html/index.html'))).toMatchInlineSnapshot(`
      "<h1>All extensions</h1>
      <p>1 extension, as plain pages. <a href="../../../index.html">The catalogue</a> has search, and needs JavaScript.</p>
      <section>
      <h2>provider</h2>
      <p>1 extension, also as <a href="../by-type/provider/index.json">JSON</a>; <a href="../feeds/by-type/provider.xml">new versions (Atom)</a></p>
      <ul>
      <li><a href="../html/by-type/provider/a.html">a</a>: <a href="../html/by-type/provider/a.html#aws">aws</a></li>
      </ul>
      </section>
      "
    `);
    expect([...pages.values()].flatMap(htmlFaults)).toEqual([]);
  });

  test('has nothing absolute in its head without an address, and previews with one', () => {
    const extensions = [catalogueExtension('provider/aws', ['1.0.0'])];
    const headOf = (options: HtmlOptions) =>
      /<head>\n([^]*)<\/head>/.exec(pagesOf(extensions, options).get('html/by-type/provider/a.html') ?? '')?.[1];
    expect(headOf({})).toMatchInlineSnapshot(`
      "<meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>provider extensions: a · Extension registry</title>
      <meta name="description" content="Extensions of type provider whose name begins with a.">
      <link rel="stylesheet" href="../../../../../plain.css">
      <link rel="alternate" type="application/atom+xml" title="New versions" href="../../../feeds/by-type/provider.xml">
      "
    `);
    expect(headOf({ publicUrl: 'https://registry.example.org/base' })?.replace(headOf({}) ?? '', ''))
      .toMatchInlineSnapshot(`
      "<link rel="canonical" href="https://registry.example.org/base/api/v1/html/by-type/provider/a.html">
      <meta property="og:type" content="website">
      <meta property="og:site_name" content="Extension registry">
      <meta property="og:title" content="provider extensions: a">
      <meta property="og:description" content="Extensions of type provider whose name begins with a.">
      <meta property="og:url" content="https://registry.example.org/base/api/v1/html/by-type/provider/a.html">
      "
    `);
  });

  test('gives whole commands where the address is known', () => {
    const pages = pagesOf([catalogueExtension('provider/aws', ['1.0.0'])], {
      publicUrl: 'https://registry.example.org',
    });
    const page = pages.get('html/by-type/provider/a.html');
    expect(commandsIn(page)).toEqual([
      'extension install provider/aws@1.0.0 --site https://registry.example.org/api/v1',
      [
        'curl -fLo plugin.tar.gz https://registry.example.org/api/v1/extensions/provider/aws/1.0.0',
        `echo '${catalogueVersion('1.0.0').assets[0]!.digest!.slice(7)}  plugin.tar.gz' | sha256sum -c`,
      ].join('\n'),
    ]);
    expect(page).not.toContain('EXTENSION_REGISTRY_URL');
  });

  test('gives no checksum that nobody knows, and no command for what cannot be had', () => {
    const [asset] = catalogueVersion('1.0.0').assets;
    const { digest: _digest, ...unread } = asset!;
    const { primary: _primary, ...other } = asset!;
    const pages = pagesOf([
      catalogueExtension('provider/many', [catalogueVersion('1.0.0', { assets: [other] })]),
      catalogueExtension('provider/unread', [catalogueVersion('1.0.0', { assets: [unread] })]),
      catalogueExtension('provider/withdrawn', [catalogueVersion('1.0.0', { yanked: 'Deletes volumes.' })]),
    ]);
    expect(commandsIn(pages.get('html/by-type/provider/m.html'))).toEqual([]);
    expect(commandsIn(pages.get('html/by-type/provider/w.html'))).toEqual([]);
    expect(commandsIn(pages.get('html/by-type/provider/u.html'))[1]).toBe(
      'curl -fLo plugin.tar.gz "$EXTENSION_REGISTRY_URL/extensions/provider/unread/1.0.0"',
    );
    expect(pages.get('html/by-type/provider/w.html')).toContain('every version has been yanked');
  });

  test('cuts the list by type and first letter, and a letter of many into pages that lead on', () => {
    const names = Array.from({ length: 101 }, (_, number) => `provider/k${String(number).padStart(3, '0')}`);
    const pages = pagesOf([...names, 'taskserv/9p', 'taskserv/k3s'].map((id) => catalogueExtension(id, ['1.0.0'])));
    expect([...pages.keys()]).toEqual([
      'html/by-type/provider/k.html',
      'html/by-type/provider/k-2.html',
      'html/by-type/taskserv/9.html',
      'html/by-type/taskserv/k.html',
      'html/index.html',
    ]);
    expect(linksIn(pages.get('html/by-type/provider/k.html')).at(-1)).toBe('k-2.html');
    expect(linksIn(pages.get('html/by-type/provider/k-2.html')).at(-1)).toBe('k.html');
    expect(linksIn(pages.get('html/index.html'))).toContain('../html/by-type/provider/k-2.html#k100');
    expect([...pages.values()].flatMap(htmlFaults)).toEqual([]);
  });

  test('of a new version changes one page, of a new extension this and the first', () => {
    const before = pagesOf([
      catalogueExtension('provider/aws', ['1.0.0']),
      catalogueExtension('taskserv/k3s', ['1.0.0']),
    ]);
    const version = pagesOf([
      catalogueExtension('provider/aws', ['1.1.0', '1.0.0']),
      catalogueExtension('taskserv/k3s', ['1.0.0']),
    ]);
    const extension = pagesOf([
      catalogueExtension('provider/aws', ['1.0.0']),
      catalogueExtension('provider/azure', ['1.0.0']),
      catalogueExtension('taskserv/k3s', ['1.0.0']),
    ]);
    const changed = (pages: Map<string, string>) =>
      [...pages.keys()].filter((path) => pages.get(path) !== before.get(path));
    expect(changed(version)).toEqual(['html/by-type/provider/a.html']);
    expect(changed(extension)).toEqual(['html/by-type/provider/a.html', 'html/index.html']);
  });

  test('has no page over its bound, of ten thousand and of the longest that there may be', () => {
    const wide = '&'.repeat(1_000);
    const longest = catalogueVersion('1.0.0', {
      about: {
        ...ABOUT,
        description: wide,
        author: '"'.repeat(200),
        repository: `https://git.example.org/?${'&'.repeat(1_900)}`,
        homepage: `https://git.example.org/?${'&'.repeat(1_900)}`,
      },
      deprecated: { message: wide, replacement: 'provider/new' },
    });
    const ten = Array.from({ length: 10_000 }, (_, number) =>
      catalogueExtension(`provider/${'abcdefghij'[number % 10]}${number}`, [number % 10 === 0 ? longest : '1.0.0']),
    ).sort((a, b) => (a.id < b.id ? -1 : 1));
    const pages = [...pagesOf(ten)];
    expect(pages.filter(([, text]) => Buffer.byteLength(text) > MAX_PAGE_BYTES).map(([path]) => path)).toEqual([]);
    expect(pages.flatMap(([, text]) => text.match(/<article /g) ?? [])).toHaveLength(10_000);
  });

  test('is a page of known parts whatever the upstreams say', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('</p><script>alert(1)</script>', '" onclick="x'),
    );
    await check(
      300,
      fc.property(fc.tuple(text, text, text, text, text), ([description, author, repository, homepage, name]) => {
        const [asset] = catalogueVersion('1.0.0').assets;
        const hostile = catalogueVersion('1.0.0', {
          about: { description, author, repository, homepage, tags: [] },
          deprecated: { message: description },
          assets: [{ ...asset!, name }],
        });
        const pages = pagesOf([catalogueExtension('provider/aws', [hostile])]);
        expect([...pages.values()].flatMap(htmlFaults)).toEqual([]);
      }),
    );
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'https://user:pass@git.example.org/', ''])(
    'links to no %j',
    (address) => {
      const version = catalogueVersion('1.0.0', { about: { ...ABOUT, repository: address, homepage: address } });
      const page = pagesOf([catalogueExtension('provider/aws', [version])]).get('html/by-type/provider/a.html');
      expect(page).not.toMatch(/Repository|Homepage/);
    },
  );

  test('of an empty registry is a first page that says so', () => {
    const pages = pagesOf([]);
    expect([...pages.keys()]).toEqual(['html/index.html']);
    expect(pages.get('html/index.html')).toContain('0 extensions, as plain pages.');
    expect([...pages.values()].flatMap(htmlFaults)).toEqual([]);
  });

  test('has a first page within its bound of the most and longest names that it shows', () => {
    const long = (letter: string) => letter.repeat(97);
    const longest = Array.from({ length: 500 }, (_, number) =>
      catalogueExtension(`${long('t')}/${long('k')}${number}`, ['1.0.0']),
    );
    const index = pagesOf(longest).get('html/index.html') ?? '';
    expect(index).toContain(`#${long('k')}499`);
    expect(Buffer.byteLength(index)).toBeLessThan(MAX_PAGE_BYTES);
  });

  test('names only letters in the first page of a large registry', () => {
    const many = Array.from({ length: 501 }, (_, number) => catalogueExtension(`provider/k${number}`, ['1.0.0']));
    const index = pagesOf(many).get('html/index.html');
    expect(index).toContain('<li><a href="../html/by-type/provider/k.html">k</a>: 501</li>');
    expect(index).not.toContain('#k7');
  });
});

describe('shellWord', () => {
  test.each([
    ['redis-7.2.0.tar.gz', 'redis-7.2.0.tar.gz'],
    ['https://r.example.org/api/v1', 'https://r.example.org/api/v1'],
    ['notes für aws.txt', "'notes für aws.txt'"],
    ['', "''"],
    ["it's", String.raw`'it'\''s'`],
  ])('writes %j', (text, word) => expect(shellWord(text)).toBe(word));

  test('is one word to a shell, which runs nothing of it', () => {
    const words = [
      '$(id)',
      '`id`',
      'a;b',
      '"$HOME"',
      "'",
      "a'b'c",
      '\\',
      '~',
      '*',
      '!x',
      '&',
      '<x',
      '#',
      'a\nb',
      '-n',
      '$((1))',
    ];
    const output = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], {
      encoding: 'utf8',
    });
    expect(output.split('\0').slice(0, -1)).toEqual(words);
  });
});

describe('the rules of plain pages', () => {
  const right = pagesOf([catalogueExtension('provider/aws', ['1.0.0'])]).get('html/by-type/provider/a.html') ?? '';
  test.each([
    ['a script', right.replace('<main>', '<main><script>x</script>'), 'There is an element script.'],
    ['an image', right.replace('<main>', '<main><img src="x">'), 'There is an element img.'],
    ['a handler', right.replace('<main>', '<main onclick="x">'), 'main has an attribute onclick.'],
    ['a style', right.replace('<p>', '<p style="color: red">'), 'p has an attribute style.'],
    ['a link that is a script', right.replace(/href="[^"]*versions/, 'href="javascript:'), 'is no address'],
    ['what a parser has to mend', right.replace('<h1>', '<h1 a a>'), 'duplicate-attribute in line'],
    ['what is left open', right.replace('</article>', ''), 'article is left open.'],
    ['an id twice', right.replace('<p>', '<article id="aws"></article><p>'), 'Two elements have one id.'],
    ['no heading', right.replaceAll('h1', 'h2'), 'There is not one h1.'],
    ['no language', right.replace(' lang="en"', ''), 'No language is told.'],
  ])('find %s', (_what, text, fault) => {
    expect(htmlFaults(text).join('\n')).toContain(fault);
  });
});
