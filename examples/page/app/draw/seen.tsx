import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Answer, Look, LookMap } from '../../engine/draw/calls.ts';
import { milliseconds, percent } from '../numbers.ts';
import { adapter } from '../state.ts';
import { subject } from '../subject.ts';
import { answer, lookAt, map, mapFailure, mapping, topOf } from './answer.ts';

/** What the network sees, and what of it it looks at. */
export function Seen() {
  const image = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const look = useSignal<Look>('occlusion');
  /** -1: the most probable. */
  const chosen = useSignal(-1);
  const live = adapter.value.state === 'open' && adapter.value.facts.kind === 'gpu';
  const wanted = useSignal(live);

  const request = () => {
    const { value } = answer;
    if (!value) return undefined;
    return { look: look.value, seen: value.seen, index: chosen.value < 0 ? topOf(value) : chosen.value };
  };
  useSignalEffect(() => {
    const { value } = answer;
    if (image.current) drawSeen(image.current, value);
    // A map of another image would mislead.
    lookAt(wanted.value && live ? request() : undefined);
  });
  useSignalEffect(() => {
    if (overlay.current) drawMap(overlay.current, map.value);
  });

  const [height = 1, width = 1] = subject.value?.shape ?? [];
  const names = subject.value?.classNames ?? [];
  return (
    <>
      <div class="seen" style={{ aspectRatio: `${width} / ${height}` }}>
        <canvas ref={image} role="img" aria-label="What the network sees" />
        <canvas
          ref={overlay}
          class="overlay"
          role="img"
          aria-label={map.value ? wordsOf(map.value, names) : 'Nothing is laid over it'}
        />
      </div>
      <div class="actions">
        <label>
          What it looks at, by{' '}
          <select value={look.value} onChange={({ currentTarget }) => (look.value = currentTarget.value as Look)}>
            <option value="occlusion">a patch that covers</option>
            <option value="gradient">the gradient</option>
          </select>
        </label>
        <label>
          for{' '}
          <select value={chosen.value} onChange={({ currentTarget }) => (chosen.value = Number(currentTarget.value))}>
            <option value={-1}>the most probable class</option>
            {names.map((name, index) => (
              <option key={`${index} ${name}`} value={index}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {live ? (
          <label class="check">
            <input type="checkbox" checked={wanted.value} onChange={() => (wanted.value = !wanted.value)} /> while I draw
          </label>
        ) : (
          <button type="button" disabled={!answer.value || mapping.value} onClick={() => lookAt(request())}>
            Look
          </button>
        )}
      </div>
      <p class={mapFailure.value ? 'status error' : 'status soft'}>
        {mapFailure.value ?? (mapping.value && !map.value ? 'Looks …' : map.value ? wordsOf(map.value, names) : '')}
      </p>
    </>
  );
}

function wordsOf({ look, index, probability, milliseconds: time }: LookMap, names: readonly string[]): string {
  const name = names[index] ?? String(index);
  if (look === 'gradient')
    return `Coloured is where a change of a pixel changes the output for ${name} most (${milliseconds(time)}).`;
  const { whole = 0, least = 0 } = probability ?? {};
  return `Coloured is where a grey patch takes from the probability of ${name}: from ${percent(whole)} to ${percent(least)} at the least (${milliseconds(time)}).`;
}

function drawSeen(canvas: HTMLCanvasElement, value: Answer | undefined): void {
  const [height = 1, width = 1, channels = 1] = value?.shape ?? [];
  Object.assign(canvas, { width, height });
  if (!value) return;
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let colour = 0; colour < 4; colour++)
      pixels.data[4 * pixel + colour] = colour === 3 ? 255 : (value.seen[channels === 1 ? pixel : 3 * pixel + colour] ?? 0);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

/** Orange, the more opaque the larger a value is beside the largest. */
function drawMap(canvas: HTMLCanvasElement, value: LookMap | undefined): void {
  const { rows: height = 1, columns: width = 1, values = new Float32Array() } = value ?? {};
  Object.assign(canvas, { width, height });
  const most = values.reduce((largest, one) => Math.max(largest, one), 0);
  if (most === 0) return;
  const pixels = new ImageData(width, height);
  for (const [at, one] of values.entries()) pixels.data.set([245, 120, 30, Math.round((230 * one) / most)], 4 * at);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}
