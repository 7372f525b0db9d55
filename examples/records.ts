// Evaluates the networks that are kept as records again, beside the field's:   npm run records -- [options]
import { join } from 'node:path';
import { type Gpu, openGpu, writeFileAtomic } from 'paredown/node';
import { path } from '../src/cli/common/arguments.ts';
import { command, parsed } from '../src/cli/common/command.ts';
import { type DataSource, type LoadedData, loadData } from '../src/cli/common/data-source.ts';
import { explain } from '../src/cli/common/failure.ts';
import { grouped, percent } from '../src/cli/common/format.ts';
import { interruptible } from '../src/cli/common/interruptible.ts';
import { UsageError } from '../src/cli/common/usage-error.ts';
import { type Evaluated, evaluateRow } from './records/evaluate.ts';
import { fieldRows } from './records/field.ts';
import { type KeptRow, keptRows } from './records/kept.ts';
import { recordsPicture } from './records/picture.ts';
import { fieldTable, recipes, tableOf } from './records/print.ts';

interface Options {
  readonly dir: string;
  readonly dataDir?: string;
}

const NOTES = `
DIR holds files NAME-seedN.safetensors, of each row at least five seeds of one network, as this writes them of a study's best:
  paredown search best FOLDER --save-seeds DIR/NAME
Each is evaluated on the test set that its study names. The table is printed, and written to DIR/results.md with the picture DIR/front.svg;
docs/results.md leads there.`;

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
  const rows = await keptRows(dir);
  if (rows.length === 0)
    throw new UsageError(
      `${dir} holds no record. Write the best network of a study there, the weights of each of its seeds: ` +
        `paredown search best FOLDER --save-seeds ${join(dir, 'NAME')}`,
    );
  const field = await fieldRows();
  await using gpu = await openGpu({ signal });
  const evaluated: Evaluated[] = [];
  const sets = new Map<string, LoadedData>();
  for (const row of rows) {
    const source = sourceOf(row, dataDir);
    const known = JSON.stringify(source);
    const data = sets.get(known) ?? (await loadData(source, { signal, shape: row.model.input }));
    sets.set(known, data);
    const result = await evaluateRow(gpu, row, data.test, signal);
    process.stdout.write(
      `${row.name}: ${grouped(row.parameters)} parameters, ${percent(result.mean)} of ${data.test.size} test images\n`,
    );
    evaluated.push(result);
  }
  const table = tableOf(evaluated, field);
  process.stdout.write(`\n${table}\n\n${fieldTable(field)}\n`);
  await writeFileAtomic(join(dir, 'front.svg'), await recordsPicture(evaluated, field));
  await writeFileAtomic(join(dir, 'results.md'), pageOf(evaluated, table, fieldTable(field), gpu));
  process.stdout.write(`\n${join(dir, 'results.md')}, ${join(dir, 'front.svg')}\n`);
  return 0;
}

function sourceOf({ seeds: [first] }: KeptRow, dataDir: string | undefined): DataSource {
  const source = first?.about.data ?? { data: 'mnist' };
  return dataDir === undefined ? source : { ...source, dir: dataDir };
}

function pageOf(rows: readonly Evaluated[], table: string, field: string, gpu: Gpu): string {
  const adapter = gpu.info.description || gpu.info.device || gpu.info.vendor;
  return `# Records

Networks that the search found, each chosen on validation data and trained from nothing from at least five seeds; mean and standard
deviation over the seeds on the test set, and the one-sided 95% bound of that mean. Every number that a deployed network's file must hold
counts as a parameter, normalisations folded. Evaluated again from the files beside this one by \`npm run records\` (${adapter}, ${new Date().toISOString().slice(0, 10)}).

![Test accuracy against parameters, ours and the field's](front.svg)

${table}

${recipes(rows)}

## The field

What others published for MNIST, as found in November 2026; verified: the published weights were run on the official test set by an
independent forward pass. All but one were chosen on the test set, or are a single run.

${field}
`;
}

process.exitCode = await main(process.argv.slice(2));
