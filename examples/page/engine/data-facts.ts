import type { DataFacts } from './calls.ts';
import type { Splits } from './session.ts';

/** What the page tells of data sets. */
export function factsOf({ train, validation, test }: Splits): DataFacts {
  const { name, inputShape, classNames, classes = 0 } = train;
  return {
    name,
    inputShape,
    classNames: classNames ?? Array.from({ length: classes }, (_, index) => String(index)),
    train: train.size,
    validation: validation.size,
    test: test.size,
  };
}
