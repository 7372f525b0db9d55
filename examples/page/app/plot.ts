import type { RefObject } from 'preact';
import { type Inputs, useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import { messageOf } from './messages.ts';
import { adapter } from './state.ts';

type MakePlot = (Plot: typeof UPlot, element: HTMLElement) => UPlot;

/**
 * Of the plots asked for so far: each is made in a task of its own, so that none of them holds up the page for long. None before it is
 * known what the page computes on: a first canvas waits for the GPU's process, which is busy with that.
 */
let turns: Promise<unknown> = new Promise<void>((known) => {
  adapter.subscribe(({ state }) => {
    if (state !== 'opening') known();
  });
});

/**
 * A plot in an element, as wide as there is room and `height` pixels high, as soon as its library is loaded; made anew by `make` where
 * `inputs` change, or light and dark, whose colours it takes. `why` says why there is none.
 */
export function usePlot(
  height: number,
  make: MakePlot,
  inputs: Inputs,
): {
  readonly holder: RefObject<HTMLDivElement | null>;
  readonly plot: { readonly current: UPlot | undefined };
  readonly why: string | undefined;
} {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const [why, setWhy] = useState<string>();
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const gone = new AbortController();
    const { signal } = gone;
    const begin = (Plot: typeof UPlot) => {
      if (signal.aborted) return;
      const draw = () => {
        plot.current?.destroy();
        plot.current = make(Plot, element);
      };
      draw();
      const resized = new ResizeObserver(() => {
        if (plot.current?.width !== element.clientWidth) plot.current?.setSize({ width: element.clientWidth, height });
      });
      resized.observe(element);
      signal.addEventListener('abort', () => resized.disconnect());
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw, { signal });
    };
    inTurn().then(begin, (error) => {
      if (!signal.aborted) setWhy(`The chart could not be loaded: ${messageOf(error)}`);
    });
    return () => {
      gone.abort();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, inputs);
  return { holder, plot, why };
}

/** The library, in a task that no other plot has. */
function inTurn(): Promise<typeof UPlot> {
  const library = import('./uplot.ts');
  const turn = turns.then(async () => {
    const { UPlot } = await library;
    await new Promise((next) => setTimeout(next));
    return UPlot;
  });
  turns = turn.catch(() => undefined);
  return turn;
}
