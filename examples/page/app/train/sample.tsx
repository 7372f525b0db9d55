import { useEffect, useState } from 'preact/hooks';
import type { Sample } from '../../engine/calls.ts';
import { engine } from '../engine.ts';
import { data } from '../state.ts';
import { Picture } from '../tiles.tsx';
import { Activations } from './activations.tsx';

/** An image of the validation data, to be changed for others, and what the layers make of it. */
export function SampleActivations() {
  const [index, setIndex] = useState(0);
  const [sample, setSample] = useState<Sample>();
  const facts = data.value;
  useEffect(() => {
    let stale = false;
    if (facts)
      engine.sample(index).then((found) => {
        if (!stale) setSample(found);
      });
    return () => {
      stale = true;
    };
  }, [index, facts]);
  const [height = 1, width = 1, channels = 1] = facts?.inputShape ?? [28, 28, 1];
  const isPicture = facts === undefined || (facts.inputShape.length === 3 && (channels === 1 || channels === 3));
  const of = sample?.of ?? facts?.validation ?? 1;
  const name = sample && (facts?.classNames[sample.label] ?? sample.label);
  return (
    <>
      <div class="sample">
        {isPicture && (
          <Picture
            {...{ width, height }}
            colours={channels === 3 ? 3 : 1}
            pixels={sample?.pixels}
            label={sample ? `Validation image ${index + 1}, of class ${name}` : 'No image yet'}
          />
        )}
        <div>
          <p class="numbers">
            Validation image {index + 1}, {sample ? `a "${name}"` : '…'}
          </p>
          <div class="actions">
            <button type="button" onClick={() => setIndex((index + of - 1) % of)} disabled={!sample}>
              Previous
            </button>
            <button type="button" onClick={() => setIndex((index + 1) % of)} disabled={!sample}>
              Next
            </button>
          </div>
        </div>
      </div>
      <Activations image={sample?.pixels} />
    </>
  );
}
