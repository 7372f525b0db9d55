import { ShapeError } from '../core/errors.ts';
import { textTable } from '../core/text-table.ts';
import { formatPlain } from './format.ts';

export function confusionTable(confusion: Uint32Array | readonly (readonly number[])[], classes: number): string {
  const rows = square(confusion, classes);
  const cells = rows.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const recall = total === 0 ? '-' : `${((100 * (row[label] ?? 0)) / total).toFixed(1)}%`;
    return [String(label), ...row.map((count) => (count === 0 ? '.' : formatPlain(count))), recall];
  });
  const header = ['true', ...rows.map((_, label) => String(label)), 'correct'];
  const { lines } = textTable([header, ...cells]);
  const labels = Math.max(...[header, ...cells].map(([label = '']) => label.length));
  return [`${' '.repeat(labels + 2)}predicted`, ...lines].join('\n');
}

function square(confusion: Uint32Array | readonly (readonly number[])[], classes: number): readonly (readonly number[])[] {
  const labels = Array.from({ length: classes }, (_, label) => label);
  const rows =
    confusion instanceof Uint32Array
      ? labels.map((label) => Array.from(confusion.subarray(label * classes, (label + 1) * classes)))
      : confusion;
  const counts = confusion instanceof Uint32Array ? confusion.length : rows.reduce((sum, row) => sum + row.length, 0);
  if (counts !== classes * classes || rows.length !== classes || rows.some((row) => row.length !== classes))
    throw new ShapeError(
      `confusionTable: ${classes} classes need ${classes} x ${classes} counts, got ${counts} in ${rows.length} rows`,
    );
  return rows;
}
