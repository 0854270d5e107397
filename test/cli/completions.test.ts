import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { completionScript, completionsOf } from '../../cli/completions.ts';

describe('completionsOf', () => {
  test.each([
    [['in'], { words: ['install', 'installed', 'info'] }],
    [['show', ''], { wanted: 'extensions' }],
    [['show', '--'], { words: ['--site', '--proxy', '--token-file', '--offline', '--json', '--verbose', '--help'] }],
    [['list', '--so'], { words: ['--source'] }],
    [['list', '--type', ''], { wanted: 'types' }],
    [['list', '--source', 'g'], { wanted: 'sources' }],
    [['download', 'a/b', '-o', ''], { wanted: 'files' }],
    [['upgrade', 'a/b', 'c'], { wanted: 'installed' }],
    [['cache', 'c'], { words: ['clean'] }],
    [['cache', '--older-than', '3d', 'l'], { words: ['list'] }],
    [['completion', ''], { words: ['bash', 'zsh', 'fish'] }],
    [['list', 'x', 'y'], { words: [] }],
    [['nothing', ''], { words: [] }],
  ])('%j', (words, expected) => {
    expect(completionsOf(words)).toEqual(expected);
  });
});

describe('the scripts', () => {
  test('that of bash is one that bash takes, and completes with what the program answers', async () => {
    const program = `
      extension() { [[ $1 == complete && $2 == -- && $3 == sh ]] && printf 'show\\nsearch it\\n'; }
      ${completionScript('bash')}
      COMP_WORDS=(extension sh); COMP_CWORD=1; _extension; printf '%s|' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-uc', program]);
    expect(stdout).toBe('show|search it|');
  });

  test.each(['bash', 'zsh', 'fish'] as const)('that of %s asks the program', (shell) => {
    expect(completionScript(shell)).toContain('extension complete -- ');
  });
});
