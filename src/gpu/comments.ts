const LINE_END = /[\n\v\f\r\u0085\u2028\u2029]/;

/** A shader without its comments; in place of one in the middle of a line is a space. */
export function withoutComments(code: string): string {
  let text = '';
  let at = 0;
  while (at < code.length) {
    const start = code.slice(at).search(/\/[/*]/);
    if (start < 0) break;
    text += code.slice(at, at + start);
    at += start;
    if (code[at + 1] === '/') {
      const length = code.slice(at).search(LINE_END);
      at = length < 0 ? code.length : at + length;
    } else {
      text += ' ';
      at = endOfComment(code, at);
    }
  }
  return text + code.slice(at);
}

/** Where a comment between marks ends that begins at `start`; it may hold others. */
function endOfComment(code: string, start: number): number {
  let depth = 0;
  for (const { 0: mark, index } of code.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return start + index + mark.length;
  }
  return code.length;
}
