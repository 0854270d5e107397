import { Lexer, type Token } from 'marked';

/*
 * The parser of release notes, a file of its own that is loaded only where there are any. It gives tokens; what becomes of
 * them is in `notes.ts`.
 */

export function parseMarkdown(text: string): Token[] {
  return new Lexer({ gfm: true }).lex(text);
}
