/** Lines of at most so many characters where the words allow it: none is cut, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A sentence for a terminal of so many columns, with a line break at its end. */
export function paragraph(text: string, columns: number): string {
  return `${wrap(text, columns).join('\n')}\n`;
}

/** Titles on the left, dim, and what each stands for on the right, going on below itself where the line is full. */
export function renderFields(
  fields: readonly (readonly [title: string, value: string])[],
  { columns, dim }: { columns: number; dim: (text: string) => string },
): string {
  const width = Math.max(...fields.map(([title]) => title.length)) + 2;
  const indent = `\n${' '.repeat(width)}`;
  const lines = fields.map(
    ([title, value]) => dim(title.padEnd(width)) + wrap(value, Math.max(1, columns - width)).join(indent),
  );
  return `${lines.join('\n')}\n`;
}
