import { type Dataset, dataset, type InputDescription } from 'paredown/node';
import type { ModelFile } from './model-file.ts';
import { UsageError } from './usage-error.ts';

/** The data as the model was trained to see them: scaled so, and labelled by its classes. Throws a UsageError where they do not fit. */
export function asTrained(
  data: Dataset,
  { path: file, model }: Pick<ModelFile, 'path' | 'model'>,
  { scale, offset, classNames }: InputDescription,
): Dataset {
  const shape = (sizes: readonly number[]) => `[${sizes.join(', ')}]`;
  if (data.inputShape.join() !== model.input.join())
    throw new UsageError(`${file} takes samples of ${shape(model.input)}, ${data.name} has ${shape(data.inputShape)}`);
  const scaled = { ...data, scale, offset };
  if (!classNames || !data.classNames || classNames.join('\n') === data.classNames.join('\n')) return dataset(scaled);
  const ownLabels = data.classNames.map((name) => classNames.indexOf(name));
  const unknown = data.classNames.filter((_, label) => ownLabels[label] === -1);
  if (unknown.length > 0)
    throw new UsageError(`${file} does not know the classes ${unknown.join(', ')}; its classes are ${classNames.join(', ')}`);
  const y = Int32Array.from(data.y, (label) => ownLabels[label] ?? 0);
  return dataset({ ...scaled, y, classes: classNames.length, classNames });
}
