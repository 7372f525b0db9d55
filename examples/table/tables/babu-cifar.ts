import { adam, published } from 'paredown/node';
import { counts } from '../counts.ts';
import { type ExtraColumns, inZoo } from '../network-row.ts';
import type { Training } from '../recipe.ts';
import { NOT_YET, type Table, UNKNOWN } from '../table.ts';
import { networkTable, rowsOf } from './network-table.ts';

const TRAINING: Training = {
  data: 'cifar-10',
  batch: 128,
  optimizer: adam({ learningRate: 3e-4 }),
  length: { epochs: 250 },
};

const NOTES = [
  'The paper states 250 epochs for SqueezeNet and nothing else of the training, and prints sizes but no accuracies. Ours: Adam at 3e-4, batches of 128, no augmentation.',
  'Of the official 50,000 training images the last 5,000 are the validation set. Where only a part of them is at hand, a tenth of it is, and the table says SCALED.',
  'The networks are stated variants, since the printed sizes contradict each other. SqueezeNets have 10 classes, a first convolution of stride 1, and parameters as for ImageNet; "1.6 MB" is version 1.1 without its modules fire7 and fire9 (1.60 MiB). AlexNet has no local response normalisation and no groups, a first convolution of 3x3, features of 6x6x256 and dense layers of 4096 (in two halves, to fit 128 MiB a binding) and 2048: of the readings of "190 MB", the one that is 190 MiB; the five others differ in the dense layers and are not run. "27 MB" is five fire modules and dense layers of 2048 and 1024 (27.3 MiB).',
  'Sizes of ours are in MiB, 1,048,576 bytes, which is what fits the printed ones.',
];

const figures = published.filter(({ paper, table }) => paper.startsWith('Babu') && table === 'text');
const COMPRESSED = figures.find(({ model }) => model === 'SqueezeNet, CIFAR-10 + Deep Compression');

const EXTRA: ExtraColumns = {
  columns: [
    { title: 'size, published' },
    { title: 'float32, ours' },
    { title: 'compressed, published' },
    { title: 'compressed, ours' },
  ],
  cells: ({ network, published: figure }) => [
    figure?.memory ?? UNKNOWN,
    `${((4 * counts(inZoo(network)).parameters) / 2 ** 20).toFixed(2)} MiB`,
    network === 'babu/squeezenet-1.6MB' ? (COMPRESSED?.memory ?? UNKNOWN) : UNKNOWN,
    NOT_YET,
  ],
};

/** SqueezeNet's two versions, which the paper starts from, beside what it prints sizes of. */
const VERSIONS = ['babu/squeezenet-v1.0', 'babu/squeezenet-v1.1'].map((network) => ({ network, training: TRAINING }));

export const babuCifar: Table = networkTable({
  name: 'babu-cifar',
  title: 'Babu and Enouen, section on CIFAR-10: SqueezeNet and AlexNet',
  notes: NOTES,
  extra: EXTRA,
  rows: () => [...VERSIONS, ...rowsOf(figures, { training: TRAINING })],
});
