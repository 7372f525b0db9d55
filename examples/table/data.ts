import { cifar10, type Dataset, dataset, datasetHash, mnist } from 'paredown/node';

export type DataName = 'mnist' | 'mnist-60000' | 'cifar-10';

export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** The data sets of the tables, each read when it is first asked for. */
export class DataSource {
  private readonly loaded = new Map<DataName, Promise<Splits>>();

  constructor(
    private readonly dir: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  splits(name: DataName): Promise<Splits> {
    const found = this.loaded.get(name) ?? this.load(name);
    this.loaded.set(name, found);
    return found;
  }

  private async load(name: DataName): Promise<Splits> {
    const options = { ...(this.dir !== undefined && { dir: this.dir }), signal: this.signal };
    if (name === 'cifar-10') return cifar10(options);
    const splits = await mnist(options);
    return name === 'mnist' ? splits : { ...splits, train: joined(splits.train, splits.validation) };
  }
}

/** Two splits of one set as one. */
function joined(first: Dataset, second: Dataset): Dataset {
  const x = new Uint8Array(first.x.length + second.x.length);
  x.set(first.x);
  x.set(second.x, first.x.length);
  const y = new Uint8Array(first.size + second.size);
  y.set(first.y);
  y.set(second.y, first.size);
  const { name, inputShape, scale, offset, classes } = first;
  return dataset({ name, split: 'train', inputShape, scale, offset, classes, x, y });
}

/** SHA-256 of what a row learns from, is watched on and is tested on. */
export async function hashes({ train, validation, test }: Splits): Promise<object> {
  return { train: await datasetHash(train), validation: await datasetHash(validation), test: await datasetHash(test) };
}
