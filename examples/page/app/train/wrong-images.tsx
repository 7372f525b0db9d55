import type { Cell, Mistakes } from '../../engine/calls.ts';
import { engine } from '../engine.ts';
import { count } from '../numbers.ts';
import { Scrolling } from '../scrolling.tsx';
import { data, subjectVersion } from '../state.ts';
import { Picture } from '../tiles.tsx';
import { useLatest } from '../use-latest.ts';

/** Every few seconds at the most, and for a tenth of the time, so that the training is hardly slower for it. */
const pause = (tookMs: number) => Math.max(4000, 9 * tookMs);

/** The wrong validation images of a cell, or all of them, the most sure first, with what the network said. */
export function WrongImages({ cell }: { readonly cell: Cell | 'all' }) {
  const key = cell === 'all' ? 'all' : `${cell.label}-${cell.predicted}`;
  return <Gallery key={key} cell={cell} />;
}

function Gallery({ cell }: { readonly cell: Cell | 'all' }) {
  const found = useLatest(() => engine.mistakes(cell), [subjectVersion.value], pause);
  const name = (index: number) => data.value?.classNames[index] ?? String(index);
  const what = cell === 'all' ? 'All wrong images' : `${name(cell.label)} taken for ${name(cell.predicted)}`;
  return (
    <Scrolling class="gallery-holder" label={what}>
      <p class="gallery-text" role="status">
        {found
          ? `${what}: ${count(found.count)} of ${count(found.of)} validation images${found.images.length < found.count ? `, the ${found.images.length} it is most sure of` : ''}.`
          : `${what}: asks the network …`}
      </p>
      {found && <Pictures {...found} name={name} />}
    </Scrolling>
  );
}

function Pictures({ shape, images, name }: Mistakes & { name(index: number): string }) {
  const [height = 1, width = 1, channels = 1] = shape;
  const isPicture = shape.length === 3 && (channels === 1 || channels === 3);
  return (
    <ul class="gallery">
      {images.map(({ index, label, predicted, confidence, pixels }) => (
        <li key={index}>
          {isPicture && (
            <Picture {...{ width, height, pixels }} colours={channels === 3 ? 3 : 1} label={`Validation image ${index + 1}`} />
          )}
          <span class="small">
            <strong>{name(label)}</strong>, said {name(predicted)}, {(100 * confidence).toFixed(0)}% sure
          </span>
        </li>
      ))}
    </ul>
  );
}
