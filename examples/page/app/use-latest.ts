import { useEffect, useState } from 'preact/hooks';
import { latest } from './latest.ts';

/**
 * What `ask` gives, asked anew when one of `causes` changes: one question at a time, the last one always, with a pause of so many
 * milliseconds behind each, by how many it took. What fails or gives nothing leaves what was there.
 */
export function useLatest<T>(
  ask: () => Promise<T | undefined>,
  causes: readonly unknown[],
  pause: (tookMs: number) => number,
): T | undefined {
  const [answer, setAnswer] = useState<T>();
  const [put] = useState(() =>
    latest(async (question: () => Promise<T | undefined>) => {
      const start = performance.now();
      const found = await question().catch(() => undefined);
      if (found !== undefined) setAnswer(found);
      const ms = pause(performance.now() - start);
      await new Promise((done) => setTimeout(done, ms));
    }),
  );
  useEffect(() => put(ask), causes);
  return answer;
}
