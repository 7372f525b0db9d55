import type { Model } from 'paredown/node';

/** A network that is to be trained, without a softmax at its end, which the loss contains; says on stderr what it leaves out. */
export function withoutSoftmax(option: string, model: Model): Model {
  const last = model.layers.at(-1);
  if (!last || !('activation' in last) || last.activation !== 'softmax') return model;
  const { activation, ...linear } = last;
  process.stderr.write(
    `${option}: the network ends with a softmax, which the loss contains: it is trained and saved without it\n`,
  );
  return { ...model, layers: [...model.layers.slice(0, -1), ...(linear.type === 'activation' ? [] : [linear])] } as Model;
}
