import { readFile } from 'node:fs/promises';
import { decodeKeras, decodeSafetensors, type Model, type Weights, type WeightsFromOptions, weightsFrom } from 'paredown/node';
import { openModel } from '../common/model-file.ts';
import { named } from '../common/network.ts';

/** What a training can begin with. */
export interface SavedWeights {
  /** Theirs, where the file tells it. */
  readonly network?: Model;
  /** For a network; those of a file of ours as they are. Throws a UsageError where those of another program do not fit. */
  of(network: Model): Promise<Weights>;
}

/** Of a model file, or of one of PyTorch (safetensors) or Keras, whose weights alone are read. Throws a UsageError that names the option. */
export async function savedWeights(option: string, path: string): Promise<SavedWeights> {
  return named(option, path, async () => {
    const others = await tensorsOfOthers(path);
    if (others) {
      const { tensors, layout } = others;
      return { of: (network) => named(option, path, async () => weightsFrom(network, tensors, { layout })) };
    }
    const { model, weights } = await openModel(path);
    return { network: model, of: () => Promise.resolve(weights) };
  });
}

interface Others {
  readonly tensors: Weights;
  readonly layout: WeightsFromOptions['layout'];
}

/** Of Keras' files and of safetensors that are not ours; undefined for every other file, of which `openModel` knows what is wrong. */
async function tensorsOfOthers(path: string): Promise<Others | undefined> {
  const isKeras = /\.(keras|h5|hdf5)$/i.test(path);
  if (!isKeras && !/\.safetensors$/i.test(path)) return undefined;
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return undefined;
  if (isKeras) return { tensors: (await decodeKeras(bytes)).tensors, layout: 'keras' };
  const { tensors, metadata } = decodeSafetensors(bytes);
  return metadata.has('paredown') ? undefined : { tensors, layout: 'pytorch' };
}
