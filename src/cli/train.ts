import { type DataSource, describe, type LoadedData, loadData, type Model } from 'paredown/node';
import { sourceOf } from './common/data-source.ts';
import { paredownCommand } from './common/invocation.ts';
import { networkNamed } from './common/network.ts';
import { type Beginning, type PreparedRun, runTraining } from './common/training/run.ts';
import { UsageError } from './common/usage-error.ts';
import { withoutSoftmax } from './common/without-softmax.ts';
import { type Given, parseOptions } from './train/options.ts';
import { decide, decideAgain, recordedOptions, recordedSource, SMALL, type TrainOptions, trainingOf } from './train/plan.ts';
import { type SavedWeights, savedWeights } from './train/saved-weights.ts';
import { smallNetwork } from './train/small-network.ts';

/** `paredown train`. Returns the exit code. */
export async function trainCommand(args: readonly string[]): Promise<number> {
  const given = parseOptions(args);
  if (!given) return 0;
  const { data, size, dataDir, out, resume, json } = given;
  // What can be wrong without data or an adapter is looked at before the folder is made.
  const source = data === undefined ? undefined : await sourceOf(data, size, dataDir, 'DATA');
  const begins = resume ? undefined : await chosen(given);
  const goOn = paredownCommand('train', '--resume', '--out', out, ...(dataDir === undefined ? [] : ['--data-dir', dataDir]));
  const prepare = (from: Beginning) => prepared({ given, source, begins }, from);
  return runTraining({ out, resume, json, goOn, prepare });
}

/** What the command line stands for. */
interface Typed {
  readonly given: Given;
  readonly source?: DataSource;
  /** Of a new run. */
  readonly begins?: Chosen;
}

interface Chosen {
  /** Undefined: the small network, which depends on the data. */
  readonly network?: Model;
  readonly weights?: SavedWeights;
}

async function prepared({ given, ...typed }: Typed, from: Beginning): Promise<PreparedRun> {
  const { recorded, checkpoint, display, signal } = from;
  const before = recorded && recordedOptions(recorded, given.out);
  const source = before ? await sameSource(before, typed.source, given) : typed.source;
  if (!source) throw new UsageError(`${given.out} holds no run to go on with: name the data to begin one`);
  const data = await loadData(source, { signal, onProgress: (progress) => display.download(progress) });
  for (const note of data.notes) display.note(note);
  const { size: images } = data.train;
  const options = before
    ? decideAgain(given, { ...before, ...(source.dir !== undefined && { dataDir: source.dir }) }, images)
    : decide(given, source, images);
  // A run that stopped before its first checkpoint begins as it did.
  const begins = checkpoint ? { network: checkpoint.model } : (typed.begins ?? (await chosen(options)));
  const { network = smallFor(data) } = begins;
  checkNetwork(network, data, options.model);
  const weights = 'weights' in begins ? await begins.weights?.of(network) : undefined;
  const model = `${given.out}/model.safetensors`;
  return {
    options,
    data,
    network,
    training: trainingOf(options),
    fit: { ...(options.patience !== undefined && { stop: { metric: 'accuracy', patience: options.patience } }) },
    ...(weights && { weights }),
    title: `${options.model === SMALL ? 'A small network' : options.model} on ${data.name}`,
    next: `To use it: ${paredownCommand('predict', model, 'IMAGE')}\nWhat it is: ${paredownCommand('info', model)}`,
  };
}

/** The data of the run; what was typed must be the same. A folder of a named data set may have moved. */
async function sameSource(before: TrainOptions, typed: DataSource | undefined, { out, dataDir }: Given): Promise<DataSource> {
  const kept = recordedSource(before);
  if (!typed) return dataDir === undefined ? kept : sourceOf(kept.data, kept.size, dataDir, 'DATA');
  if (typed.data !== kept.data || (typed.size !== undefined && typed.size !== kept.size))
    throw new UsageError(
      `The run in ${out} is one on ${kept.data}${kept.size ? ` at --size ${kept.size}` : ''}, not on ${typed.data}${typed.size ? ` at --size ${typed.size}` : ''}: ` +
        'leave the data out to go on with it, or name another folder by --out to start a new one.',
    );
  return { ...kept, ...typed };
}

/** What the options name. Throws a UsageError. */
async function chosen({ model, weights: file }: Pick<Given, 'model' | 'weights'>): Promise<Chosen> {
  const weights = file === undefined ? undefined : await savedWeights('--weights', file);
  // Kept in run.json, weights alone are their network too.
  if (model === undefined || model === file) {
    if (weights && !weights.network)
      throw new UsageError(`--weights ${file} holds weights alone, of PyTorch or another program: name their network by --model`);
    return weights?.network ? { network: withoutSoftmax(`--weights ${file}`, weights.network), weights } : {};
  }
  const network = model === SMALL ? undefined : withoutSoftmax(`--model ${model}`, await networkNamed('--model', model));
  return { ...(network && { network }), ...(weights && { weights }) };
}

function smallFor({ train: { inputShape, classes = 0 } }: LoadedData): Model {
  const [height = 1, width = 1, channels = 1] = inputShape;
  return smallNetwork([height, width, channels], classes);
}

/** Throws a UsageError where network and data do not fit. */
function checkNetwork(network: Model, { name, train }: LoadedData, model: string): void {
  const shape = (sizes: readonly number[]) => `[${sizes.join(', ')}]`;
  if (network.input.join() !== train.inputShape.join())
    throw new UsageError(
      `--model ${model} takes samples of ${shape(network.input)}, ${name} has ${shape(train.inputShape)}: ` +
        'resize the images of a folder by --size, name another network, or leave --model out for one that fits',
    );
  const output = describe(network).layers.at(-1)?.outputShape ?? network.input;
  if (output.length !== 1 || output[0] !== train.classes)
    throw new UsageError(
      `--model ${model} gives ${shape(output)}, and ${name} has ${train.classes} classes: it must end in a dense layer of ${train.classes}`,
    );
}
