import { type Command, InvalidArgumentError } from 'commander';
import type { InputDescription } from 'paredown/node';
import type { ModelFile } from './model-file.ts';
import { UsageError } from './usage-error.ts';

/** What was typed of how stored bytes are to be scaled. */
export interface Scaling {
  readonly scale?: number;
  readonly offset?: number;
}

/** Adds the options of a command that shows bytes to a model. */
export function addScaling(line: Command): void {
  line
    .option('--scale <x>', 'a stored byte b is to the model b * scale + offset, such as 1/255 [as the model tells]', factor)
    .option('--offset <x>', 'see --scale [as the model tells]', anyNumber);
}

/** How the model sees bytes: as was typed, else as it tells itself. Throws a UsageError where neither tells the scale. */
export function bytesInput({ path, model, input }: ModelFile, { scale, offset }: Scaling): InputDescription {
  const told = input?.dtype === 'float32' ? undefined : input;
  const known = scale ?? told?.scale;
  if (known === undefined)
    throw new UsageError(
      `${path} ${input ? 'was trained on floats, and does' : 'does'} not tell how the bytes of images are scaled: ` +
        'give --scale 1/255 where it learnt from 0 to 1, --scale 2/255 --offset -1 from -1 to 1, --scale 1 from 0 to 255',
    );
  return { ...(input ?? { shape: model.input }), dtype: 'uint8', scale: known, offset: offset ?? told?.offset ?? 0 };
}

/** 1/255 or 0.0039. */
function factor(text: string): number {
  const [above = '', below = '1', ...rest] = text.split('/');
  const value = Number(above) / Number(below);
  if (above.trim() === '' || below.trim() === '' || rest.length > 0 || !Number.isFinite(value) || value === 0)
    throw new InvalidArgumentError('It must be a number other than 0, such as 1/255 or 0.0039.');
  return value;
}

function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number, such as -1.');
  return value;
}
