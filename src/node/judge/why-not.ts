/** Why nothing was told, of what was thrown: its first sentence, which names no folder of this machine, and all of it where there is more. */
export function whyNot(thrown: unknown): { readonly reason: string; readonly whole?: string } {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const [first = ''] = message.split(/\n|\.(?: |$)/);
  return { reason: `${first}.`, ...(message.length > first.length + 1 && { whole: message }) };
}
