import { ShapeError } from '../core/errors.ts';
import { textTable } from '../core/text-table.ts';
import { namesOfClasses } from '../data/class-names.ts';
import { formatPlain } from './format.ts';

export function confusionTable(
  confusion: Uint32Array | readonly (readonly number[])[],
  classes: number,
  classNames?: readonly string[],
): string {
  const rows = square(confusion, classes);
  const names = classNames && namesOfClasses('confusionTable', classNames, classes);
  const cells = rows.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const recall = total === 0 ? '-' : `${((100 * (row[label] ?? 0)) / total).toFixed(1)}%`;
    return [
      String(label),
      ...(names ? [names[label] ?? ''] : []),
      ...row.map((count) => (count === 0 ? '.' : formatPlain(count))),
      recall,
    ];
  });
  const header = ['true', ...(names ? ['name'] : []), ...rows.map((_, label) => String(label)), 'correct'];
  const { lines } = textTable([header, ...cells], new Set(names ? [1] : []));
  const widest = (column: number) => Math.max(...[header, ...cells].map((row) => row[column]?.length ?? 0));
  const before = widest(0) + 2 + (names ? widest(1) + 2 : 0);
  return [`${' '.repeat(before)}predicted`, ...lines].join('\n');
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
