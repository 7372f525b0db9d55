import { type Classifier, classifier } from 'paredown';
import type { Session, Subject } from '../session.ts';
import type { Answer, DataImage, Look, LookMap, Picture } from './calls.ts';
import { Kept } from './kept.ts';
import { prepared } from './prepare.ts';

export function drawCalls(session: Session) {
  const asked = new Kept(session, (gpu, { model, weights, input }) => classifier(gpu, { model, weights, input: ofBytes(input) }));
  /** Loaded when somebody wants to know. */
  let looks: Promise<(look: Look, seen: Uint8Array, index: number) => Promise<LookMap>> | undefined;

  return {
    /** How probable each class is of a picture. */
    async classify(picture: Picture): Promise<Answer> {
      return asked.use(async (network, { model }) => {
        const start = performance.now();
        const seen = prepared(picture, model.input);
        const probabilities = await probabilitiesOf(network, seen);
        return { seen, shape: model.input, probabilities, milliseconds: performance.now() - start };
      });
    },
    /** What the network looks at for a class, in an image that it has `seen`. */
    async lookAt(look: Look, seen: Uint8Array, index: number): Promise<LookMap> {
      looks ??= import('./looks.ts').then(({ looksOf }) => looksOf(session));
      return (await looks)(look, seen, index);
    },
    /** An image that no training saw; undefined where the data are no images of bytes. */
    async dataImage(index: number): Promise<DataImage | undefined> {
      const { test } = session.splits ?? {};
      if (!test || !(test.x instanceof Uint8Array)) return undefined;
      const [height = 0, width = 0, channels] = test.inputShape;
      if (channels !== 1 && channels !== 3) return undefined;
      const size = height * width * channels;
      const label = test.y[index] ?? 0;
      return {
        ...{ width, height, channels },
        bytes: test.x.slice(index * size, (index + 1) * size),
        label: test.classNames?.[label] ?? String(label),
      };
    },
  };
}

/** Who was trained on floats is given bytes by the same scale. */
export const ofBytes = (input: Subject['input']): Subject['input'] => ({ ...input, dtype: 'uint8' });

export async function probabilitiesOf(network: Classifier, seen: Uint8Array): Promise<number[]> {
  const found = await network.classify(seen);
  return [...found].sort((a, b) => a.index - b.index).map(({ probability }) => probability);
}
