import type { Numbers } from '../../engine/take/calls.ts';
import { count, percent } from '../numbers.ts';
import { adapter } from '../state.ts';
import { integers, makeIntegers, making, numbers } from './weights.ts';

/** A loss of accuracy that nobody should find out later. */
const COLLAPSE = 0.02;

/** Whether the files hold floats or integers, and what the integers cost. */
export function Integers() {
  const { value } = integers;
  const choose = (chosen: Numbers) => () => {
    numbers.value = chosen;
  };
  return (
    <fieldset class="choice">
      <legend>Weights, and values between layers</legend>
      <label>
        <input type="radio" name="numbers" checked={numbers.value === 'floats'} onChange={choose('floats')} /> floats of 32 bits
      </label>
      <label>
        <input
          type="radio"
          name="numbers"
          disabled={!value}
          checked={numbers.value === 'integers'}
          onChange={choose('integers')}
        />{' '}
        integers of {value?.bits ?? 8} bits
      </label>
      {!value && (
        <button type="button" disabled={making.value || adapter.value.state !== 'open'} onClick={() => void makeIntegers()}>
          {making.value ? 'Makes integers …' : 'Make integers'}
        </button>
      )}
      <Cost />
    </fieldset>
  );
}

function Cost() {
  const { value } = integers;
  if (!value)
    return (
      <p class="soft">
        A weight of 8 bits takes a quarter of the bytes; what tells the scales comes on top. Integers are calibrated on the
        training images here, and compared on the validation images
        {adapter.value.state === 'none' && ', for which WebGPU is needed'}.
      </p>
    );
  const { measured } = value;
  if (!measured)
    return (
      <p class="notice">
        These are the integers of its file. No images here fit the network: what it is worth with them is not known.
      </p>
    );
  const { floats, integers: after, images } = measured;
  const lost = floats - after;
  return (
    <p class={lost > COLLAPSE ? 'notice bad' : undefined} role={lost > COLLAPSE ? 'alert' : 'status'}>
      On {count(images)} validation images: <strong>{percent(floats)}</strong> right in floats, <strong>{percent(after)}</strong>{' '}
      in integers.
      {lost > COLLAPSE &&
        ` The integers lose ${(100 * lost).toFixed(1)} points: take the floats, or train for few bits (quantization of a trainer).`}
    </p>
  );
}
