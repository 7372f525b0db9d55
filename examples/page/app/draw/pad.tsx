import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { subjectVersion } from '../state.ts';
import { subject } from '../subject.ts';
import { ask } from './answer.ts';
import { begin, canvasSize, centre, empty, oneChannel, paint, pictureOf, strokes, swap, takesImages, undo } from './picture.ts';

/** What is drawn on, by mouse, finger or pen. */
export function Pad() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = canvasSize.value;
  useSignalEffect(() => {
    // New weights answer anew.
    void subjectVersion.value;
    const element = canvas.current;
    const context = element?.getContext('2d', { willReadFrequently: true });
    if (!element || !context) return;
    Object.assign(element, canvasSize.value);
    paint(context);
    ask(empty.value || !subject.value || !takesImages.value ? undefined : pictureOf(context));
  });
  usePointers(canvas);
  return (
    <>
      <canvas
        ref={canvas}
        class="pad"
        style={{ aspectRatio: `${width} / ${height}` }}
        role="img"
        aria-label="What you draw. With a keyboard, choose an image of the data or a file below."
      />
      <div class="actions">
        <button type="button" disabled={empty.value} onClick={() => begin(undefined)}>
          Clear
        </button>
        <button type="button" disabled={strokes.value.length === 0} onClick={undo}>
          Undo
        </button>
      </div>
      <p class="checks">
        <label>
          <input type="checkbox" checked={swap.value} onChange={() => (swap.value = !swap.value)} /> Swap light and dark
        </label>
        <label>
          <input
            type="checkbox"
            disabled={!oneChannel.value}
            checked={centre.value && oneChannel.value}
            onChange={() => (centre.value = !centre.value)}
          />{' '}
          Move ink to the middle
        </label>
      </p>
    </>
  );
}

function usePointers(canvas: { readonly current: HTMLCanvasElement | null }): void {
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const listening = new AbortController();
    const { signal } = listening;
    const pointOf = ({ clientX, clientY }: PointerEvent) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: (clientX - left) / width, y: (clientY - top) / height };
    };
    /** The pointer that draws: a second finger or the other hand does not. */
    let drawing: number | undefined;
    element.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0 || drawing !== undefined) return;
        drawing = event.pointerId;
        element.setPointerCapture(event.pointerId);
        strokes.value = [...strokes.value, [pointOf(event)]];
      },
      { signal },
    );
    element.addEventListener(
      'pointermove',
      (event) => {
        if (event.pointerId !== drawing) return;
        const between = event.getCoalescedEvents?.() ?? [];
        const points = (between.length > 0 ? between : [event]).map(pointOf);
        const last = strokes.value.at(-1) ?? [];
        strokes.value = [...strokes.value.slice(0, -1), [...last, ...points]];
      },
      { signal },
    );
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const)
      element.addEventListener(
        end,
        (event) => {
          if (event.pointerId === drawing) drawing = undefined;
        },
        { signal },
      );
    addEventListener(
      'keydown',
      (event) => {
        const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
        if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || typing) return;
        event.preventDefault();
        undo();
      },
      { signal },
    );
    return () => listening.abort();
  }, []);
}
