import { grouped, percent, stepTime } from '../../../src/cli/common/format.ts';
import { counts } from '../counts.ts';
import { type DataSource, hashes } from '../data.ts';
import { type DeploymentResult, deployNetwork, type Form } from '../deployment-row.ts';
import { accuracyText, inZoo } from '../network-row.ts';
import { scaleOf, seedsOf, stepsOf, type Training, trainingText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Results, type Row, type Settings, type Table, UNKNOWN } from '../table.ts';

const NETWORK = 'nahhas/proposed';
/** Bytes of the file in integers, and points of accuracy that it may cost, as we want it. */
const WANTED = { bytes: 3072, points: 0.3 };

const NOTES = [
  'El Nahhas tried pruning and quantisation on his 707 parameters and tells that the file grew and accuracy fell. His .tflite file has 6.5 KB, of which 2.8 are weights.',
  'Pruned: half of each filter and matrix 0, those of the least magnitude. A .tflite file writes zeros as it writes other numbers, so it stays as large: a mask makes no network smaller. With 707 weights none is idle, either: see what the zeros cost where nothing is trained on.',
  'int8: per output channel, after the training, activations by their least and largest values on 1,000 training images; computed in the integers of TensorFlow Lite, which the file takes and gives too. Pruned and int8: trained on for a quarter as long, the zeros kept, before that.',
];

const FORMS = [
  ['float', 'float'],
  ['int8', 'integers'],
  ['pruned', 'pruned'],
  ['pruned, int8', 'both'],
] as const satisfies readonly (readonly [string, keyof DeploymentResult])[];

export function nahhasBytes(training: Training): Table {
  return {
    name: 'nahhas-bytes',
    title: 'El Nahhas, pruning and quantisation of the proposed network',
    notes: NOTES,
    columns: [
      { title: 'network', align: 'left' },
      { title: 'parameters' },
      { title: '.tflite, published' },
      ...FORMS.flatMap(([title]) => [{ title: `${title}, .tflite` }, { title, width: 15 }]),
      { title: 'our time', width: 8 },
    ],
    rows: async (settings, data) => [await rowOf(training, settings, data)],
    figures: async () => [],
    claims,
  };
}

async function rowOf(training: Training, settings: Settings, data: DataSource): Promise<Row> {
  const model = inZoo(NETWORK);
  const splits = await data.splits(training.data);
  const steps = stepsOf(training, splits.train.size, settings);
  const seeds = seedsOf(settings, 5);
  const { macs, modelHash, parameters } = counts(model);
  return {
    name: NETWORK,
    recipe: { model: modelHash, training, steps, seeds, data: await hashes(splits), forms: FORMS.map(([title]) => title) },
    training: trainingText(training, splits.train.size, steps, seeds),
    scale: scaleOf(training, splits.train.size, steps),
    seeds: seeds.length,
    cost: steps * seeds.length * training.batch * macs,
    run: (context) => deployNetwork({ model, training, steps, seeds, splits }, context),
    cells: (result) => cells(parameters, result as DeploymentResult | undefined),
  };
}

function cells(parameters: number, found: DeploymentResult | undefined): string[] {
  const forms = FORMS.flatMap(([, form]) => (found ? formCells(found[form]) : [UNKNOWN, UNKNOWN]));
  return [NETWORK, grouped(parameters), '6.5 KB', ...forms, found ? `${stepTime(found.wallMs / 1000)} s` : UNKNOWN];
}

function formCells({ bytes, accuracy }: Form): string[] {
  return [grouped(Math.round(summary(bytes).mean)), accuracyText(accuracy)];
}

function claims(results: Results): Claim[] {
  const found = results.get(NETWORK) as DeploymentResult | undefined;
  if (!found) return [];
  const [float, integers, pruned] = [found.float, found.integers, found.pruned].map(({ accuracy }) => summary(accuracy).mean);
  const bytes = summary(found.integers.bytes).mean;
  const lost = (mean = Number.NaN) => 100 * ((float ?? Number.NaN) - mean);
  const sameSize = summary(found.pruned.bytes).mean === summary(found.float.bytes).mean;
  return [
    {
      text: `our own aim: int8 in ${grouped(WANTED.bytes)} bytes, within ${WANTED.points} points of float`,
      holds: bytes <= WANTED.bytes && lost(integers) <= WANTED.points,
      found: `${grouped(Math.round(bytes))} bytes, ${percent(integers ?? Number.NaN)}, ${lost(integers).toFixed(2)} points less`,
    },
    {
      text: 'pruning makes the file no smaller, and costs accuracy',
      holds: sameSize && lost(pruned) > 0,
      found: `${grouped(Math.round(summary(found.pruned.bytes).mean))} bytes, ${lost(pruned).toFixed(2)} points less`,
    },
  ];
}
