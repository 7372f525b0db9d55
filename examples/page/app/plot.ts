import type { RefObject } from 'preact';
import { type Inputs, useEffect, useRef } from 'preact/hooks';
import type UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/**
 * A plot in an element, as wide as there is room and `height` pixels high; made anew by `make` where `inputs` change, or light and dark,
 * whose colours it takes.
 */
export function usePlot(
  height: number,
  make: (element: HTMLElement) => UPlot,
  inputs: Inputs,
): { readonly holder: RefObject<HTMLDivElement | null>; readonly plot: { readonly current: UPlot | undefined } } {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = make(element);
    };
    draw();
    const resized = new ResizeObserver(() => {
      if (plot.current?.width !== element.clientWidth) plot.current?.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, inputs);
  return { holder, plot };
}
