import type { RefObject } from 'preact';
import { type Inputs, useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import { messageOf } from './messages.ts';
import { adapter } from './state.ts';

/** `em`: how many times as large as usual the text of the page is. */
type MakePlot = (Plot: typeof UPlot, element: HTMLElement, em: number) => UPlot;

const USUAL_TEXT = 16;

/** Of an axis: text and its room, in pixels where text is as large as usual. */
export function axisOf(em: number, { size = 50 } = {}) {
  const font = `${12 * em}px system-ui, sans-serif`;
  return { font, labelFont: `bold ${font}`, labelSize: 20 * em, size: size * em };
}

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
 * A plot in an element, as wide and as high as that is, as soon as its library is loaded; made anew by `make` where
 * `inputs` change, or light and dark, whose colours it takes. `why` says why there is none.
 */
export function usePlot(
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
        plot.current = make(Plot, element, Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_TEXT);
      };
      draw();
      const resized = new ResizeObserver(() => {
        const { clientWidth: width, clientHeight: height } = element;
        // Where text is of another size, the axes are, too.
        if (plot.current?.height !== height) draw();
        else if (plot.current.width !== width) plot.current.setSize({ width, height });
      });
      resized.observe(element);
      signal.addEventListener('abort', () => resized.disconnect());
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw, { signal });
    };
    inTurn()
      .then(begin)
      .catch((error) => {
        if (!signal.aborted) setWhy(`The chart could not be shown: ${messageOf(error)}`);
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
