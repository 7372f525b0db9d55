import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { DataError } from '../core/errors.ts';
import { readBytes } from './file-error.ts';

export async function readJson(path: string, name = path): Promise<unknown> {
  return parseJson(await readBytes(path, name), name);
}

/** `readJson` of bytes. */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  let text: string;
  try {
    text = decodeText(bytes, true);
  } catch (cause) {
    throw new DataError(`${name} is no text in UTF-8 or UTF-16; save it as UTF-8`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name} is no JSON: ${faultOf(text) ?? String(cause)}`, { cause });
  }
}

/**
 * Text in UTF-8, or in UTF-16 as Windows PowerShell 5.1 writes it, without its byte order mark. UTF-16 without a mark is told by its
 * zeros: the text is taken to begin with a character of ASCII, as JSON does. `fatal`: throw a TypeError for what is no such text,
 * instead of replacing it by U+FFFD.
 */
export function decodeText(bytes: Uint8Array, fatal = false): string {
  const [first, second] = bytes;
  const little = (first === 0xff && second === 0xfe) || second === 0;
  const big = (first === 0xfe && second === 0xff) || first === 0;
  return new TextDecoder(little ? 'utf-16le' : big ? 'utf-16be' : 'utf-8', { fatal }).decode(bytes);
}

/** What is wrong with a text that is no JSON, and where; undefined where the parser that tells places sees nothing. */
function faultOf(text: string): string | undefined {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true });
  const [found] = errors;
  if (!found) return undefined;
  const before = text.slice(0, found.offset).split(/\r\n|\r|\n/);
  // `CommaExpected` as `comma expected`.
  const words = printParseErrorCode(found.error).replace(/(?!^)[A-Z]/g, ' $&');
  return `${words.toLowerCase()} in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
