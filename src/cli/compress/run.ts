import { basename, dirname, extname, join } from 'node:path';
import {
  type ChainRecord,
  type CompressData,
  type CompressOptions,
  type CompressStep,
  chainSummary,
  compress,
  compressContext,
  type InputDescription,
  keptBack,
  loadData,
  lockFolder,
  openChainStudy,
  openGpu,
  statistics,
  type TrainedNetwork,
  writeFileAtomic,
} from 'paredown/node';
import { asTrained } from '../common/as-trained.ts';
import { sourceOf } from '../common/data-source.ts';
import { grouped, percent } from '../common/format.ts';
import { bytesOf } from '../common/formats.ts';
import { printJson } from '../common/json-line.ts';
import { type ModelFile, openModel } from '../common/model-file.ts';
import { say } from '../common/say.ts';
import { bytesInput } from '../common/scaling.ts';
import { withoutSoftmax } from '../common/without-softmax.ts';
import type { Options } from './options.ts';
import { CompressJson, CompressProgress, wordsOf } from './progress.ts';
import { resultFiles } from './result-files.ts';
import { saveSeeds } from './save-seeds.ts';
import { triedTable } from './tried.ts';

/** Nothing holds the floor. */
const NONE_HOLDS = 3;

/** Compresses, or goes on with it; `command` is what was typed. Returns the exit code. */
export async function runCompress(
  { model: name, options }: { readonly model: string | undefined; readonly options: Options },
  command: string,
  signal: AbortSignal,
): Promise<number> {
  const { floor, to, minutes, json } = options;
  const source = await sourceOf(options.data, options.size, options.dataDir);
  const file = await openModel(name);
  const input = bytesInput(file, options);
  const model = withoutSoftmax(file.path, file.model);
  const { notes, ...loaded } = await loadData(source, { signal, shape: model.input });
  const seen = (split: 'train' | 'validation' | 'test') => asTrained(loaded[split], { path: file.path, model }, input);
  const data: CompressData = { train: seen('train'), ...keptBack(seen('validation')), test: seen('test') };
  const told = options.bare ? undefined : whatItTakes(input);
  const network: TrainedNetwork = { model, weights: file.weights, ...(told && { input: told }) };
  const { seeds, epochs, batch, rate: learningRate, distil, temperature = 4 } = options;
  const distillation = distil === undefined ? undefined : { temperature, weight: distil };
  const asked = {
    ...{ floor, to, seeds, epochs, batch, learningRate },
    ...(distillation && { distillation }),
    ...(minutes !== undefined && { minutes }),
  };
  const folder = options.out ?? join('runs', 'compress', `${modelName(file)}${to === 'compressed' ? '' : `-${to}`}`);
  const context = await compressContext(network, data, asked);
  await using _lock = await lockFolder(folder);
  const study = await openChainStudy(folder, context);
  const before = new Set(study.records.map(({ key }) => key));
  await using gpu = await openGpu({ signal });
  const progress = json ? new CompressJson(floor) : new CompressProgress(floor, minutes);
  for (const note of [...study.problems, ...notes]) progress.print(note);
  if (json)
    printJson({
      type: 'start',
      model: file.path,
      folder,
      data: loaded.name,
      floor,
      to,
      trials: study.records.length,
      adapter: gpu.info,
    });
  else say(introduction(file, loaded.name, folder, { ...asked, trials: study.records.length }));
  const onBegin: CompressOptions['onBegin'] = (chain, count, leftMs) => progress.began(wordsOf(chain), count, leftMs);
  let conclusion: Extract<CompressStep, { type: 'conclusion' }> | undefined;
  try {
    for await (const step of compress(gpu, network, data, { ...asked, study, onBegin, signal }))
      if (step.type === 'conclusion') conclusion = step;
      else if (!before.has(step.record.key)) {
        before.add(step.record.key);
        progress.ended(step.record, step.smallest);
      }
  } finally {
    progress.close();
  }
  if (!json) say(`\n${triedTable(study.records, floor)}\n`);
  const compressed = conclusion?.compressed;
  if (!compressed) return refused(study.records, floor, json);
  const files = Object.entries(resultFiles(modelName(file), to, compressed.file, told)).map(([own, content]) => ({
    path: join(folder, own),
    content,
  }));
  for (const { path, content } of files) await writeFileAtomic(path, content);
  const written = files.map(({ path, content }) => ({ path, bytes: bytesOf(content) }));
  const { record, copy, test = [] } = compressed;
  const { saveSeeds: seedsName } = options;
  const ofSeeds =
    seedsName === undefined
      ? undefined
      : await saveSeeds(seedsName, { record, study, command, data: source, options, ...(distillation && { distillation }) });
  const summary = chainSummary(record, floor);
  const unconfirmed = (conclusion?.unconfirmed ?? []).map((one) => chainSummary(one, floor));
  const result = {
    ...{ before: file.bytes, files: written, seed: record.seeds[copy], chain: record.chain, ...summary, test },
    ...(ofSeeds && { seedFiles: ofSeeds }),
  };
  if (json) {
    printJson({ type: 'result', ...result, unconfirmed });
    return 0;
  }
  const own = record.outcome.status === 'measured' ? record.outcome.bytes[copy] : undefined;
  const [tested] = test.slice(copy);
  say(
    [
      ...written.map(({ path, bytes }) => `${path}: ${grouped(bytes)} bytes (the model was given in ${grouped(file.bytes)})`),
      ...(ofSeeds ? [seedsInWords(ofSeeds)] : []),
      ...(to === 'c' && own !== undefined ? [`Constants: ${grouped(own)} bytes`] : []),
      `Steps: ${summary.words}${record.seeds.length > 0 ? `; seed ${record.seeds[copy]}, the best of ${record.seeds.length} on validation` : ''}`,
      `Holds ${percent(floor)}: ${percent(summary.accuracy ?? 0)}${summary.bound === undefined ? '' : `, bound ${percent(summary.bound)}`}`,
      ...(tested === undefined
        ? []
        : [`Test: this file ${percent(tested)}${overSeeds(test)}${tested > floor ? '' : ', below the floor'}`]),
      ...(unconfirmed.length > 0
        ? [
            `${unconfirmed.length} smaller ones reach the floor from one seed, the smallest with ${grouped(Math.round(unconfirmed[0]?.bytes ?? 0))} bytes; a larger --minutes confirms them`,
          ]
        : []),
    ].join('\n'),
  );
  return 0;
}

function seedsInWords(paths: readonly string[]): string {
  return paths.length > 0
    ? `${paths.join(', ')}: the file of each seed`
    : '--save-seeds: there are none, since nothing smaller than the model as it is was trained from all seeds and holds the floor';
}

function overSeeds(test: readonly number[]): string {
  const spread = statistics.deviation(test);
  if (spread === undefined) return '';
  return `, all seeds ${percent(statistics.mean(test))} ± ${percent(spread)}`;
}

/** Says what the best was. Returns the exit code. */
function refused(records: readonly ChainRecord[], floor: number, json: boolean | undefined): number {
  const summaries = records.map((record) => chainSummary(record, floor));
  const best = summaries.reduce((most, one) => ((one.accuracy ?? 0) > (most.accuracy ?? 0) ? one : most));
  if (json) printJson({ type: 'result', holds: false, best });
  else
    say(
      `Nothing holds ${percent(floor)}, and nothing was written. The best there was: ${percent(best.accuracy ?? 0)}, ${best.words}, ${grouped(Math.round(best.bytes ?? 0))} bytes. ` +
        'The model itself must lie above the floor on validation data: train it further, or lower --floor.',
    );
  return NONE_HOLDS;
}

function introduction(
  file: ModelFile,
  data: string,
  folder: string,
  { floor, to, minutes, trials }: { floor: number; to: string; minutes?: number; trials: number },
): string {
  const budget = minutes === undefined ? 'until nothing smaller holds it' : `for about ${minutes} minutes`;
  const kept = trials > 0 ? `, which holds ${grouped(trials)} trial${trials === 1 ? '' : 's'}` : '';
  return [
    `The smallest ${to} file of ${file.path} (${grouped(file.bytes)} bytes) that holds ${percent(floor)} on ${data}, ${budget}`,
    `Kept in ${folder}${kept}. Ctrl-C stops, the same command goes on`,
    '',
  ].join('\n');
}

/** Where a model comes from would take more bytes than the model. */
function whatItTakes({ dataName: _name, dataHash: _hash, ...input }: InputDescription): InputDescription {
  return input;
}

/** `best` of best.safetensors; of a run's model.safetensors the name of the run. */
function modelName({ path }: ModelFile): string {
  const own = basename(path, extname(path));
  return own === 'model' ? basename(dirname(path)) || own : own;
}
