import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFault } from '../common/files.ts';

export interface Found {
  /** Files that may be images, those of a folder by their names. */
  readonly images: readonly string[];
  /** What was named and is not there, or holds none. */
  readonly missing: readonly { readonly path: string; readonly problem: string }[];
}

const IMAGE = /\.(png|jpe?g|jpe|jfif)$/i;
/** Of kinds that are not read: each is named. */
const OTHER_IMAGE = /\.(avif|bmp|gif|hei[cf]|ico|jp2|jxl|p[bgpn]m|psd|svg|tga|tiff?|webp)$/i;

/** The images that files and folders stand for, in the order in which they were named. */
export async function imagesOf(named: readonly string[]): Promise<Found> {
  const images: string[] = [];
  const missing: { path: string; problem: string }[] = [];
  for (const path of named)
    try {
      if (!(await stat(path)).isDirectory()) images.push(path);
      else {
        const within = await imagesIn(path);
        images.push(...within.images);
        for (const other of within.others)
          missing.push({ path: other, problem: 'is neither a PNG nor a JPEG; convert it to PNG' });
        if (within.images.length + within.others.length === 0)
          missing.push({ path, problem: 'the folder holds no PNG or JPEG images' });
      }
    } catch (error) {
      missing.push({ path, problem: fileFault(error) ?? String(error) });
    }
  return { images, missing };
}

async function imagesIn(folder: string) {
  const entries = await readdir(folder, { recursive: true });
  const visible = entries.filter((name) => !name.split(/[\\/]/).some((part) => part.startsWith('.'))).sort();
  const named = (kind: RegExp) => visible.filter((name) => kind.test(name)).map((name) => join(folder, name));
  return { images: named(IMAGE), others: named(OTHER_IMAGE) };
}
