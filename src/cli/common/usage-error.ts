/** What can't be done as the command line asks; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
