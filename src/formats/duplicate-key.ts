/** The first key that an object in this valid JSON text has twice, which JSON.parse would pass over; undefined if none. */
export function duplicateKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  let stringStart: number | undefined;
  let lastString = '""';
  for (const { 0: token, index } of json.matchAll(/\\.|["{}:]/g)) {
    if (stringStart !== undefined) {
      if (token !== '"') continue;
      lastString = json.slice(stringStart, index + 1);
      stringStart = undefined;
    } else if (token === '"') stringStart = index;
    else if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else {
      const key = JSON.parse(lastString) as string;
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
