import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './files.ts';

/** Returns once the text would survive the end of the machine. What could not be written whole is taken back. */
export async function append(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}
