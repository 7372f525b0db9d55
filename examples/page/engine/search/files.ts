import { zipSync } from 'fflate';

/** Files in a folder, as a zip file; weights hardly become smaller. */
export function zipped(folder: string, files: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content])), {
    level: 1,
  });
}
