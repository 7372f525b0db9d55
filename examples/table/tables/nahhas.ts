import { adam, published, sizeOf, strokeDigits, zoo } from 'paredown/node';
import { percent } from '../../../src/cli/common/format.ts';
import { reaches } from '../claims.ts';
import { accuracyText, bytes, type ExtraColumns, inZoo } from '../network-row.ts';
import type { Training } from '../recipe.ts';
import { NOT_YET, type Table, UNKNOWN } from '../table.ts';
import { nahhasBytes } from './nahhas-bytes.ts';
import { networkTable, rowsOf } from './network-table.ts';

const TRAINING: Training = {
  data: 'mnist-60000',
  batch: 32,
  optimizer: adam({ learningRate: 1e-3 }),
  length: { epochs: 20 },
};

const NOTES = [
  'Training: all 60,000 training images, 20 epochs, Adam with its default rate of 1e-3, sparse categorical cross-entropy, as stated; the batch is not: 32, Keras\u2019 default. What the paper calls validation is the official test set of 10,000: so is "published" and "ours".',
  'Layers are not printed: they are the one chain of 3x3 convolutions without padding, 2x2 poolings and dense layers that gives every printed count. Activations are not stated but for the last step: ReLU. The place of "Dropout layer (20%)" is not either: before the last layer, as usual; the other place, after the flattening, is not run.',
  'The paper\u2019s test is ten digits of the author\u2019s own. Ours are ten others, drawn as strokes (src/data), never seen in training: the two columns are of different pictures, in steps of 10 points.',
  'Where curves say validation, it is the last 5,000 training images, which are trained on here.',
  'squeezenet is a stated stand-in of 45,088 parameters for a network that is not known.',
  'Efficient-CapsNet is trained by its margin loss alone, from pictures as they are: its authors train a decoder beside it (0.392 times the squared error of the pictures that it makes again), and turn, shift, squeeze and cover the pictures. It has no TensorFlow Lite file here.',
];

/** The drawn digits, and the published size of the TensorFlow Lite file. */
const EXTRA: ExtraColumns = {
  columns: [
    { title: '10 digits, published' },
    { title: '10 digits, ours', width: 15 },
    { title: '.tflite, published' },
    { title: '.tflite, ours' },
  ],
  cells: ({ network, published: figure }, result) => [
    figure?.test10 === undefined ? UNKNOWN : percent(figure.test10),
    result?.external.drawn ? accuracyText(result.external.drawn) : figure?.zoo?.some((name) => name in zoo) ? UNKNOWN : NOT_YET,
    figure?.memory ?? UNKNOWN,
    network in zoo ? tfliteBytes(network) : NOT_YET,
  ],
};

function tfliteBytes(network: string): string {
  const { tflite } = sizeOf(inZoo(network)).fileBytes;
  return tflite === undefined ? UNKNOWN : bytes(tflite);
}

function table(number: string, roman: string, title: string): Table {
  const figures = published.filter(({ paper, table: found }) => paper.startsWith('El Nahhas') && found === roman);
  return networkTable({
    name: `nahhas-${number}`,
    title: `El Nahhas, Table ${roman}: ${title}`,
    notes: NOTES,
    extra: EXTRA,
    rows: () => rowsOf(figures, { training: TRAINING, external: { drawn: strokeDigits() } }),
    claims: (results) => reaches('707 parameters at 96% or more', 'nahhas/proposed', 0.96, results),
  });
}

export const nahhas: readonly Table[] = [
  table('1', 'I', 'one change after the other'),
  table('2', 'II', 'the proposed network beside others'),
  nahhasBytes(TRAINING),
];
