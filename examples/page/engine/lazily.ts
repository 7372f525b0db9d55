/** Calls of any kind, which are passed on as they are. */
type Calls = Readonly<Record<string, (...given: never[]) => Promise<unknown>>>;

/** The calls of these names, whose module is loaded when the first of them is made: the page is there before all that it can do. */
export function lazily<C extends Calls, Name extends keyof C & string>(
  names: readonly Name[],
  load: () => Promise<C>,
): Pick<C, Name> {
  let loading: Promise<C> | undefined;
  const loaded = () => {
    // What could not be fetched is tried anew the next time.
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const calls = names.map((name) => [
    name,
    async (...given: unknown[]) => ((await loaded())[name] as (...same: unknown[]) => Promise<unknown>)(...given),
  ]);
  return Object.fromEntries(calls) as Pick<C, Name>;
}
