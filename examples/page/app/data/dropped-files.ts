import type { ChosenFile } from '../../engine/data.ts';
import { LIMITS } from '../../engine/file-kinds.ts';

/** What an input of files or of a folder has. */
export const chosenFiles = (list: FileList): ChosenFile[] => {
  const files: ChosenFile[] = [];
  // One more than is read tells that there are too many.
  for (let index = 0; index < Math.min(list.length, LIMITS.files + 1); index++) {
    const file = list[index];
    if (file) files.push({ path: file.webkitRelativePath || file.name, bytes: file.size, file });
  }
  return files;
};

/** What was dropped, folders looked through, no byte of a file read. To be called in the event: afterwards it is gone. */
export function droppedFiles({ items }: DataTransfer): () => Promise<ChosenFile[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return async () => {
    const files: ChosenFile[] = [];
    await collect(entries, files);
    return files;
  };
}

async function collect(entries: readonly FileSystemEntry[], files: ChosenFile[]): Promise<void> {
  for (const entry of entries) {
    if (files.length > LIMITS.files) return;
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      files.push({ path: entry.fullPath.replace(/^\//, ''), bytes: file.size, file });
    } else if (isFolder(entry)) {
      const reader = entry.createReader();
      // A call gives some of them; none is the end.
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
        if (some.length === 0) break;
        await collect(some, files);
      }
    }
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
