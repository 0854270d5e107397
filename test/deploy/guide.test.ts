import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEPLOY } from './web-servers.ts';

const PAGES = ['README.md', 'install.md', 'moving.md', 'publishing.md', 'object-stores.md'];

/** As GitHub and Gitea make them of headings. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((each) =>
    each
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the guide', () => {
  test.each(PAGES)('%s leads nowhere that is not there', async (page) => {
    const text = await readFile(join(DEPLOY, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    for (const [, path = '', anchor] of links) {
      const target = path === '' ? join(DEPLOY, page) : join(dirname(join(DEPLOY, page)), path);
      expect((await stat(target)).isFile()).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(await readFile(target, 'utf8'))).toContain(anchor);
    }
  });

  test('tells of every folder that an operator copies from', async () => {
    const text = await readFile(join(DEPLOY, 'install.md'), 'utf8');
    const all = await readdir(DEPLOY, { withFileTypes: true });
    for (const { name } of all.filter((each) => each.isDirectory())) expect(text).toContain(`deploy/${name}/`);
  });
});
