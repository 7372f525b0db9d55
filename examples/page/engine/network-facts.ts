import { describe, type Model } from 'paredown';
import type { NetworkFacts } from './draw/calls.ts';
import type { Session, Splits, Subject } from './session.ts';

export const networkCalls = (session: Session) => ({
  /** The network that is drawn for and taken away; undefined where there is none yet. */
  async network(): Promise<NetworkFacts | undefined> {
    return session.subject && factsOf(session.subject, session.splits);
  },
  /** Says how pixels are given to a network whose file does not tell: bytes from 0 to 255 become numbers from `least` to `most`. */
  async scalePixels(least: number, most: number): Promise<void> {
    const { subject } = session;
    if (!subject) return;
    session.subject = { ...subject, input: { ...subject.input, scale: (most - least) / 255, offset: least } };
    await (await import('./kept-subject.ts')).keepSubject(session);
  },
});

export function factsOf({ model, input, scalingAssumed = false, fileName }: Subject, splits: Splits | undefined): NetworkFacts {
  const { parameters, macs } = describe(model);
  const { scale, offset, dtype = 'uint8' } = input;
  return {
    name: fileName ?? nameFrom(input.dataName),
    shape: model.input,
    classNames: classNames(model, input.classNames),
    parameters,
    macs,
    dtype,
    range: [offset, offset + 255 * scale],
    scalingAssumed,
    dark: darkBackground(model, splits),
  };
}

/** One for each class that a classifier tells; none of a model whose output is no list of classes. */
function classNames(model: Model, names: readonly string[] | undefined): string[] {
  const output = describe(model).layers.at(-1)?.outputShape ?? model.input;
  const [outputs = 0] = output;
  if (output.length !== 1) return [];
  // One output tells two classes apart.
  const classes = outputs === 1 && names?.length !== 1 ? 2 : outputs;
  return Array.from({ length: classes }, (_, index) => names?.[index] ?? String(index));
}

/** Whether what is drawn is light on dark: as on the images that there are, else as digits of one channel commonly are. */
function darkBackground(model: Model, splits: Splits | undefined): boolean {
  const [rows = 0, columns = 0, channels = 0] = model.input;
  const { x, inputShape } = splits?.train ?? {};
  if (!(x instanceof Uint8Array) || inputShape?.join() !== model.input.join()) return channels === 1;
  const IMAGES = 50;
  const size = rows * columns * channels;
  let [sum, count] = [0, 0];
  for (let start = 0; start + size <= Math.min(x.length, IMAGES * size); start += size)
    for (const corner of [0, columns - 1, (rows - 1) * columns, rows * columns - 1]) {
      sum += x[start + corner * channels] ?? 0;
      count++;
    }
  return sum / count < 128;
}

/** What files and functions can be called. */
export function nameFrom(text = ''): string {
  const word = text
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 32);
  return /^[A-Za-z]/.test(word) ? word : word ? `network_${word}` : 'network';
}
