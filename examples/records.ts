// Evaluates the networks that are kept as records again, beside the field's:   npm run records -- [options]
import { join } from 'node:path';
import { type DataSource, type Gpu, type LoadedData, loadData, openGpu, writeFileAtomic } from 'paredown/node';
import { path } from '../src/cli/common/arguments.ts';
import { command, parsed } from '../src/cli/common/command.ts';
import { explain } from '../src/cli/common/failure.ts';
import { grouped, percent } from '../src/cli/common/format.ts';
import { interruptible } from '../src/cli/common/interruptible.ts';
import { UsageError } from '../src/cli/common/usage-error.ts';
import { keptFiles } from './records/compressed.ts';
import { type Evaluated, type EvaluatedFiles, evaluateFiles, evaluateRow } from './records/evaluate.ts';
import { fieldRows } from './records/field.ts';
import { keptRows } from './records/kept.ts';
import { recordsPicture } from './records/picture.ts';
import { fieldTable, fileRow, networkRow, recipes, tableOf, ways } from './records/print.ts';

interface Options {
  readonly dir: string;
  readonly dataDir?: string;
}

const NOTES = `
DIR holds files NAME-seedN.safetensors, of each row at least five seeds of one network, as this writes them of a study's best:
  paredown search best FOLDER --save-seeds DIR/NAME
and files NAME-seedN.paredown, as this writes them of a compressed network:
  paredown compress MODEL --data DATA --floor SHARE --save-seeds DIR/bytes/NAME
Each is evaluated on the test set that it was made for. The tables are printed, and written to DIR/results.md with the pictures DIR/front.svg
and DIR/bytes.svg; docs/results.md leads there.`;

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const line = command(
    'records',
    '[options]',
    "Evaluates the networks that are kept as records again, and shows them beside the field's.",
    NOTES,
  )
    .option('--dir <dir>', 'folder of the records', path, 'docs/results/records')
    .option('--data-dir <folder>', 'where the files of the data set lie [a cache folder, downloaded to it]', path);
  try {
    const given = parsed<Options>(line, args);
    if (!given) return 0;
    return await interruptible((signal) => evaluateAll(given.options, signal), 'Stopped.');
  } catch (error) {
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  }
}

async function evaluateAll({ dir, dataDir }: Options, signal: AbortSignal): Promise<number> {
  const [rows, files] = [await keptRows(dir), await keptFiles(join(dir, 'bytes'))];
  if (rows.length + files.length === 0)
    throw new UsageError(
      `${dir} holds no record. Write the best network of a study there, the weights of each of its seeds: ` +
        `paredown search best FOLDER --save-seeds ${join(dir, 'NAME')}`,
    );
  await using gpu = await openGpu({ signal });
  const sets = new Map<string, LoadedData>();
  const testOf = async (made: DataSource, shape: readonly number[]) => {
    const source = dataDir === undefined ? made : { ...made, dir: dataDir };
    const known = JSON.stringify(source);
    const data = sets.get(known) ?? (await loadData(source, { signal, shape }));
    sets.set(known, data);
    return data.test;
  };
  const tell = (name: string, size: string, { mean }: { mean: number }, images: number) =>
    process.stdout.write(`${name}: ${size}, ${percent(mean)} of ${grouped(images)} test images\n`);
  const networks: Evaluated[] = [];
  for (const row of rows) {
    const test = await testOf(row.seeds[0]?.about.data ?? { data: 'mnist' }, row.model.input);
    networks.push(await evaluateRow(gpu, row, test, signal));
    tell(row.name, `${grouped(row.parameters)} parameters`, networks.at(-1) as Evaluated, test.size);
  }
  const compressed: EvaluatedFiles[] = [];
  for (const row of files) {
    const test = await testOf(row.about.data, row.input);
    compressed.push(await evaluateFiles(gpu, row, test, signal));
    tell(row.name, `${grouped(Math.round(row.bytes))} bytes`, compressed.at(-1) as EvaluatedFiles, test.size);
  }
  const text = `${[...(await networkPart(dir, networks)), ...(await filePart(dir, compressed))].join('\n\n')}\n`;
  process.stdout.write(`\n${text}`);
  await writeFileAtomic(join(dir, 'results.md'), `${introduction(gpu)}\n\n${text}`);
  process.stdout.write(`\nWritten: ${join(dir, 'results.md')}\n`);
  return 0;
}

function introduction(gpu: Gpu): string {
  const adapter = gpu.info.description || gpu.info.device || gpu.info.vendor;
  return `# Records

Networks chosen on validation data and trained from at least five seeds; mean and standard deviation over the seeds on the test set, and
the one-sided 95% bound of that mean. Evaluated again from the files beside this one by \`npm run records\` (${adapter}, ${new Date().toISOString().slice(0, 10)}).
The field is what others published for MNIST, as found in November 2026; verified: the published weights were run on the official test set by
an independent forward pass.`;
}

/** Paragraphs; none where there are no rows. */
async function networkPart(dir: string, evaluated: readonly Evaluated[]): Promise<string[]> {
  if (evaluated.length === 0) return [];
  const field = await fieldRows();
  const rows = evaluated.map(networkRow);
  await writeFileAtomic(join(dir, 'front.svg'), await recordsPicture(rows, field));
  return [
    '## Parameters',
    'Networks that the search found, trained from nothing. Every number that a deployed network’s file must hold counts as a parameter, normalisations folded. Of the field all but one were chosen on the test set, or are a single run.',
    "![Test accuracy against parameters, ours and the field's](front.svg)",
    tableOf(rows, field),
    recipes(evaluated),
    '### The field',
    fieldTable(field),
  ];
}

/** The same of compressed files. */
async function filePart(dir: string, evaluated: readonly EvaluatedFiles[]): Promise<string[]> {
  if (evaluated.length === 0) return [];
  const field = await fieldRows('bytes');
  const rows = evaluated.map(fileRow);
  await writeFileAtomic(join(dir, 'bytes.svg'), await recordsPicture(rows, field, 'bytes'));
  return [
    '## Bytes',
    'Compressed files: scales, biases, code books, the network’s layers and headers are counted; the accuracy is that of the decoded file. The seeds are those of fine-tuning, from one trained network. What the field’s bytes leave out differs.',
    "![Test accuracy against bytes, ours and the field's](bytes.svg)",
    tableOf(rows, field, 'bytes'),
    ways(evaluated),
    '### The field, by bytes',
    fieldTable(field, 'bytes'),
  ];
}

process.exitCode = await main(process.argv.slice(2));
