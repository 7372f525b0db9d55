/** Elements of HTML that have no end. */
const VOID = new Set(['meta', 'link', 'input', 'br', 'hr']);

/** What is wrong with a document: tags that are not closed in order, attributes that are not quoted, stray marks. No more than five. */
export function faults(document: string): string[] {
  const found: string[] = [];
  const open: string[] = [];
  const body = document.replace(/^<!doctype html>/, '').replace(/<(style|script)(?: [^>]*)?>.*?<\/\1>/gs, '');
  const rest = body.replace(
    /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>/g,
    (tag: string, closes: string, name: string, _attributes: string, empty: string) => {
      if (closes) {
        const last = open.pop();
        if (last !== name) found.push(`${tag} closes ${last}`);
      } else if (!empty && !VOID.has(name)) open.push(name);
      return '';
    },
  );
  if (open.length > 0) found.push(`${open.join(', ')} not closed`);
  for (const [stray] of rest.matchAll(/.{0,20}(?:[<>]|&(?!#?\w+;)).{0,20}/g)) found.push(`stray mark: ${stray}`);
  return found.slice(0, 5);
}
