/** 0.9929 as `99.29%`. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)}%`;
}

/** 20000 as `20,000`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** A duration of a person's size: `38 s`, `2 min 45 s`, `1 h 05 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${twoDigits(Math.floor((seconds % 3600) / 60))} min`;
}

/** The time left, in a fixed form that does not jump about: `2:45`, `1:05:09`. */
export function clock(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '-:--';
  const seconds = Math.round(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours > 0 ? `${hours}:${twoDigits(minutes)}` : minutes}:${twoDigits(seconds % 60)}`;
}

/** Milliseconds a step with three digits: `1.27`, `96.4`, `480`. */
export function stepTime(milliseconds: number): string {
  const decimals = milliseconds < 9.995 ? 2 : milliseconds < 99.95 ? 1 : 0;
  return milliseconds.toFixed(decimals);
}

/** A text of at most so many characters, ended between words by an ellipsis where it is longer. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.lastIndexOf(' ', most - 2);
  return end <= 0 ? `${text.slice(0, most - 1)}\u2026` : `${text.slice(0, end).replace(/[\s;,:(]+$/, '')} \u2026`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** A line broken between words so that none is longer than the columns; those that follow are indented. */
export function hangingIndent(line: string, columns: number, indent: number): string {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const index = rest.lastIndexOf(' ', columns);
    if (index < 0 || rest.slice(0, index).trim() === '') break;
    lines.push(rest.slice(0, index).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(index).trim();
  }
  return [...lines, rest].join('\n');
}
