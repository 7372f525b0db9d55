/** For what is put right on leaving; a queue that is gone holds nobody up for longer. */
const LEAVE_MILLISECONDS = 3000;

/** What came of it; undefined where it failed, or takes too long. */
export function withinTime<T>(work: Promise<T>): Promise<T | undefined> {
  return Promise.race([
    work.catch(() => undefined),
    new Promise<undefined>((done) => setTimeout(() => done(undefined), LEAVE_MILLISECONDS).unref()),
  ]);
}
