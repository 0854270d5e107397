import type { BenchResult, Ratio } from './bench.ts';

/** A Markdown table whose columns line up also as plain text; numbers to the right. */
export function renderTable(columns: readonly string[], rows: BenchResult['rows']): string[] {
  // A cell that has nothing to say makes no text of its column.
  const isNumber = columns.map((_, i) => {
    const told = rows.map((row) => row[i] ?? '').filter((each) => each !== '');
    return told.length > 0 && told.every((each) => typeof each === 'number');
  });
  const cells = [columns, ...rows].map((row) => columns.map((_, i) => renderCell(row[i] ?? '')));
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const padded = row.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)));
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const [head = [], ...body] = cells;
  return [line(head), line(rule), ...body.map(line)];
}

/** Numbers with the digits that can be believed: three, or all before the point. */
export function renderCell(value: string | number): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return 'none';
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export function isMissed({ value, bound }: Ratio): boolean {
  return bound !== undefined && !(value >= bound);
}

/** @param enforced false in the short form, whose figures mean nothing */
export function renderRatio(ratio: Ratio, enforced: boolean): string {
  const { name, value, bound, aim, note } = ratio;
  const aimed = aim === undefined ? [] : [`aim ${renderCell(aim)}${value >= aim ? ' reached' : ''}`];
  const limits = bound === undefined ? aimed : [`bound ${renderCell(bound)}`, ...aimed];
  const verdict = !enforced ? 'not judged' : isMissed(ratio) ? 'MISSED' : 'ok';
  const parts = [
    `  ${Number.isFinite(value) ? value.toFixed(2) : 'none'}  ${name}`,
    ...(limits.length > 0 ? [`(${limits.join(', ')})`] : []),
    ...(bound === undefined ? [] : [verdict]),
    ...(note === undefined ? [] : [`- ${note}`]),
  ];
  return parts.join('  ');
}

export function renderResult(result: BenchResult, enforced: boolean): string {
  const table = renderTable(result.columns, result.rows);
  const ratios = result.ratios.map((each) => renderRatio(each, enforced));
  return [`## ${result.title}`, '', ...table, ...(ratios.length > 0 ? ['', 'Ratios:', ...ratios] : []), ''].join('\n');
}
