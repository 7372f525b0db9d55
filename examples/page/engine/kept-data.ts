import { type Dataset, dataset } from 'paredown';
import * as v from 'valibot';
import type { Splits } from './session.ts';

const SPLIT = v.object({ x: v.instance(Uint8Array), y: v.union([v.instance(Uint8Array), v.instance(Int32Array)]) });
const DATA = v.object({
  name: v.string(),
  inputShape: v.array(v.number()),
  classNames: v.array(v.string()),
  train: SPLIT,
  validation: SPLIT,
  test: SPLIT,
});

/** Data sets of bytes as plain data, for a store. */
export type KeptData = v.InferOutput<typeof DATA>;

export function keptData({ train, validation, test }: Splits): KeptData {
  const { name, inputShape, classNames = [] } = train;
  const split = ({ x, y }: Dataset) => v.parse(SPLIT, { x, y });
  return {
    ...{ name, inputShape: [...inputShape], classNames: [...classNames] },
    ...{ train: split(train), validation: split(validation), test: split(test) },
  };
}

/** What a store gave back. Throws for what is damaged or was written by another version. */
export function readData(value: unknown): Splits {
  const { name, inputShape, classNames, ...splits } = v.parse(DATA, value);
  const common = { name, inputShape, classNames, classes: classNames.length };
  const split = (key: 'train' | 'validation' | 'test') => dataset({ ...common, ...splits[key], split: key });
  return { train: split('train'), validation: split('validation'), test: split('test') };
}
