/** Does `work` for what was given last: of what comes while it is done only the latest is kept, the others are passed over. */
export function latest<T>(work: (given: T) => Promise<void>): (given: T) => void {
  let waiting: { readonly given: T } | undefined;
  let busy = false;
  return (given) => {
    waiting = { given };
    if (!busy) void run();
  };

  async function run(): Promise<void> {
    busy = true;
    try {
      while (waiting) {
        const { given } = waiting;
        waiting = undefined;
        await work(given);
      }
    } finally {
      busy = false;
    }
  }
}
