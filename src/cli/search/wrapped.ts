/** A line broken between words so that none is longer than the columns; those that follow are indented. */
export function wrapped(line: string, columns: number, indent: number): string {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const place = rest.lastIndexOf(' ', columns);
    if (place < 0 || rest.slice(0, place).trim() === '') break;
    lines.push(rest.slice(0, place).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(place).trim();
  }
  return [...lines, rest].join('\n');
}
