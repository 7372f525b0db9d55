/** For `catch`: the file that is not there, as undefined. */
export function undefinedIfMissing(error: { readonly code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error;
}
