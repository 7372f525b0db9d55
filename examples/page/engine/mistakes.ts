import { type Dataset, type Gpu, predictor, type Weights } from 'paredown';
import type { Cell, Mistake, Mistakes } from './calls.ts';
import { pixelsOf } from './sample.ts';
import type { Session, Subject } from './session.ts';

/** Images that are predicted at a time: little enough for a training's steps to come in between. */
const BATCH = 64;
/** Pictures that are shown of a cell. */
const SHOWN = 24;

/** What a network said of the validation images. */
interface Answers {
  readonly weights: Weights;
  readonly data: Dataset;
  readonly predicted: Uint32Array;
  readonly confidence: Float32Array;
}

export function mistakeCalls(session: Session) {
  let latest: Promise<Answers> | undefined;
  let known: Answers | undefined;

  async function answers(): Promise<Answers | undefined> {
    const { validated, splits } = session;
    if (!validated || !splits || !fits(validated, splits.validation)) return undefined;
    const data = splits.validation;
    if (known?.weights === validated.weights && known.data === data) return known;
    // One after the other: whoever asks meanwhile gets what is being made.
    latest ??= session
      .gpu()
      .then((gpu) => answer(gpu, validated, data))
      .finally(() => {
        latest = undefined;
      });
    known = await latest;
    return known;
  }

  return {
    /** The wrong validation images of a cell of the confusion, or all, the most sure first; of the network as it was last validated. */
    async mistakes(cell: Cell | 'all'): Promise<Mistakes | undefined> {
      const found = await answers();
      if (!found) return undefined;
      const { data, predicted, confidence } = found;
      const wrong: number[] = [];
      for (let index = 0; index < data.size; index++) {
        const [label, said] = [data.y[index], predicted[index]];
        if (label === said) continue;
        if (cell === 'all' || (cell.label === label && cell.predicted === said)) wrong.push(index);
      }
      wrong.sort((a, b) => (confidence[b] ?? 0) - (confidence[a] ?? 0));
      const images = wrong.slice(0, SHOWN).map(
        (index): Mistake => ({
          index,
          label: data.y[index] ?? 0,
          predicted: predicted[index] ?? 0,
          confidence: confidence[index] ?? 0,
          pixels: pixelsOf(data, index),
        }),
      );
      return { count: wrong.length, of: data.size, shape: data.inputShape, images };
    },
  };
}

function fits(subject: Subject, data: Dataset): boolean {
  return data.classes !== undefined && subject.model.input.join() === data.inputShape.join();
}

async function answer(gpu: Gpu, { model, weights }: Subject, data: Dataset): Promise<Answers> {
  const predicted = new Uint32Array(data.size);
  const confidence = new Float32Array(data.size);
  const length = data.inputShape.reduce((product, size) => product * size, 1);
  await using asked = await predictor(gpu, model, weights, { batch: BATCH });
  for (let first = 0; first < data.size; first += BATCH) {
    const count = Math.min(BATCH, data.size - first);
    const stored = data.x.subarray(first * length, (first + count) * length);
    const x = Float32Array.from(stored, (value) => value * data.scale + data.offset);
    const output = await asked.predict({ shape: [count, ...data.inputShape], data: x });
    const classes = output.data.length / count;
    for (let row = 0; row < count; row++) {
      const best = mostProbable(output.data.subarray(row * classes, (row + 1) * classes));
      predicted[first + row] = best.index;
      confidence[first + row] = best.probability;
    }
  }
  return { weights, data, predicted, confidence };
}

/** Of logits: one alone is of the second of two classes. */
function mostProbable(logits: Float32Array): { index: number; probability: number } {
  const all = logits.length === 1 ? [0, logits[0] ?? 0] : [...logits];
  const most = Math.max(...all);
  const sum = all.reduce((total, value) => total + Math.exp(value - most), 0);
  return { index: all.indexOf(most), probability: 1 / sum };
}
