import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ClassSamples } from '../../engine/calls.ts';
import { engine } from '../engine.ts';
import { count } from '../numbers.ts';
import { Picture } from '../picture.tsx';
import { data } from '../state.ts';

const A_CLASS = 8;
/** Classes that are shown with pictures. */
const MOST_CLASSES = 100;
const samples = signal<readonly ClassSamples[]>([]);

/** Some images of each class, with how many there are. */
export function Samples() {
  const facts = data.value;
  useEffect(() => {
    let asked = true;
    if (facts)
      void engine.samples(A_CLASS).then((found) => {
        if (asked) samples.value = found;
      });
    return () => {
      asked = false;
    };
  }, [facts]);
  const all = samples.value;
  return (
    <>
      <ul class="classes">
        {all.slice(0, MOST_CLASSES).map(({ name, train, validation, test, images }) => (
          <li key={name}>
            <span class="class-name">{name}</span>
            <span class="soft numbers">
              {count(train)} + {count(validation)} + {count(test)}
            </span>
            <span class="thumbnails">
              {images.map((pixels, index) => (
                <Picture key={index} pixels={pixels} />
              ))}
            </span>
          </li>
        ))}
      </ul>
      {all.length > MOST_CLASSES && <p class="soft">And {count(all.length - MOST_CLASSES)} further classes.</p>}
      {all.length > 0 && <p class="soft">Counts: to train on + to watch by + to judge by.</p>}
    </>
  );
}
