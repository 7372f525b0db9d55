import { LimitError } from '../core/errors.ts';

/** What a user can make smaller where an adapter is too small. */
export interface Sizes {
  readonly batch: number;
  readonly replicas: number;
}

/** What `make` returns; a LimitError of it with what would fit. */
export function orWhatFits<T>(sizes: Sizes, keeps: (sizes: Sizes) => boolean, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw withWhatFits(error, sizes, keeps);
  }
}

/** An error again; a LimitError with the largest batch and the most replicas for which `keeps` holds, found by trying a few dozen. */
export function withWhatFits(error: unknown, { batch, replicas }: Sizes, keeps: (sizes: Sizes) => boolean): unknown {
  // No number tells what memory a device has left.
  if (!(error instanceof LimitError) || Number.isNaN(error.available)) return error;
  const fewerSamples = { batch: largest(batch, (fewer) => keeps({ batch: fewer, replicas })), replicas };
  const fewerReplicas = { batch, replicas: largest(replicas, (fewer) => keeps({ batch, replicas: fewer })) };
  const fewerOfBoth = () => ({ batch: largest(batch, (fewer) => keeps({ batch: fewer, replicas: 1 })), replicas: 1 });
  const either = [fewerSamples, fewerReplicas].filter(isSome);
  const fitting = either.length > 0 ? either : [fewerOfBoth()].filter(isSome);
  return error.advised(
    fitting.length > 0
      ? `This would fit: ${fitting.map(replicas > 1 ? inReplicas : ofBatch).join(', or ')}.`
      : 'Not even one sample at a time would fit: use a smaller model.',
  );
}

function isSome({ batch, replicas }: Sizes): boolean {
  return batch > 0 && replicas > 0;
}

function ofBatch({ batch }: Sizes): string {
  return `a batch of ${batch}`;
}

function inReplicas({ batch, replicas }: Sizes): string {
  return `a batch of ${batch} in ${replicas === 1 ? 'one replica' : `${replicas} replicas`}`;
}

/** The largest whole number below `most` for which `holds`, where it holds for all smaller ones too; 0 where for none. */
function largest(most: number, holds: (n: number) => boolean): number {
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
