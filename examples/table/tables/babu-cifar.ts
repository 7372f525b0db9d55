import { adam, published } from 'paredown/node';
import { counts } from '../counts.ts';
import { bytes, type ExtraColumns, inZoo } from '../network-row.ts';
import type { Training } from '../recipe.ts';
import { NOT_YET, type Table, UNKNOWN } from '../table.ts';
import { networkTable, rowsOf } from './network-table.ts';

const TRAINING: Training = {
  data: 'cifar-10',
  batch: 128,
  optimizer: adam({ learningRate: 1e-3 }),
  length: { epochs: 250 },
};

const NOTES = [
  'The paper states 250 epochs for SqueezeNet and nothing else of the training, and prints sizes but no accuracies. Ours: Adam at 1e-3, batches of 128, no augmentation.',
  'Epochs are of the training images that are at hand: of the official 50,000, the last 5,000 are the validation set; from a part of them, a tenth is.',
  'The networks are stated variants (networks.md, 5a and 5b): the paper\u2019s sizes contradict each other, so ratios say more than bytes.',
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
    bytes(4 * counts(inZoo(network)).parameters),
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
