/** For `catch`: the file that is not there, as undefined. */
export function undefinedIfMissing(error: { readonly code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error;
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file',
  EACCES: 'it is not permitted',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
};

/** What the file system found wrong, in words; undefined for another error than its usual ones. */
export function fileFault(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? FAULTS[String(error.code)] : undefined;
}
