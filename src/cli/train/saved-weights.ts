import { readFile } from 'node:fs/promises';
import { decodeSafetensors, type Model, type Weights, weightsFrom } from 'paredown/node';
import { openModel } from '../common/model-file.ts';
import { named } from '../common/network.ts';

/** What a training can begin with. */
export interface SavedWeights {
  /** Theirs, where the file tells it. */
  readonly network?: Model;
  /** For a network; those of a file of ours as they are. Throws a UsageError where those of another program do not fit. */
  of(network: Model): Promise<Weights>;
}

/** Of a model file, or of safetensors that PyTorch wrote, which hold weights alone. Throws a UsageError that names the option. */
export async function savedWeights(option: string, path: string): Promise<SavedWeights> {
  return named(option, path, async () => {
    const tensors = await tensorsOfOthers(path);
    if (tensors)
      return { of: (network) => named(option, path, async () => weightsFrom(network, tensors, { layout: 'pytorch' })) };
    const { model, weights } = await openModel(path);
    return { network: model, of: () => Promise.resolve(weights) };
  });
}

/** The tensors of safetensors that are not ours; undefined for every other file, of which `openModel` knows what is wrong. */
async function tensorsOfOthers(path: string): Promise<Weights | undefined> {
  if (!/\.safetensors$/i.test(path)) return undefined;
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return undefined;
  const { tensors, metadata } = decodeSafetensors(bytes);
  return metadata.has('paredown') ? undefined : tensors;
}
