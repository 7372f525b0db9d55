import { describe, type Layer, type Model, model } from 'paredown';

/** A layer as it is edited: its type and fields, right or wrong. */
export type LayerData = Readonly<Record<string, unknown>> & { readonly type: string };

/** A layer in the list, known by its id wherever it moves. */
export interface Row {
  readonly id: number;
  readonly layer: LayerData;
}
export type Draft = readonly Row[];

let ids = 0;
const rowOf = (layer: LayerData): Row => ({ id: ids++, layer });

export const draftOf = (layers: readonly unknown[]): Draft =>
  layers.map((layer) => rowOf(isLayerData(layer) ? layer : { type: String(layer) }));

const isLayerData = (value: unknown): value is LayerData =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** What a layer that is added begins as. */
const NEW: Readonly<Record<string, LayerData>> = {
  conv2d: { type: 'conv2d', filters: 8, kernel: 3, padding: 'same', activation: 'relu' },
  depthwiseConv2d: { type: 'depthwiseConv2d', kernel: 3, padding: 'same' },
  maxPool2d: { type: 'maxPool2d', size: 2 },
  avgPool2d: { type: 'avgPool2d', size: 2 },
  globalAvgPool2d: { type: 'globalAvgPool2d' },
  globalMaxPool2d: { type: 'globalMaxPool2d' },
  flatten: { type: 'flatten' },
  dense: { type: 'dense', units: 32, activation: 'relu' },
  dropout: { type: 'dropout', rate: 0.25 },
  batchNorm: { type: 'batchNorm' },
  layerNorm: { type: 'layerNorm' },
  activation: { type: 'activation', activation: 'relu' },
  upsample2d: { type: 'upsample2d', factor: 2 },
};
export const ADDABLE: readonly string[] = Object.keys(NEW);

/** With a new layer before that at `index`, or at the end. */
export function withNew(draft: Draft, type: string, index: number): Draft {
  const layer = NEW[type];
  return layer ? draft.toSpliced(index, 0, rowOf(layer)) : draft;
}

export const without = (draft: Draft, index: number): Draft => draft.toSpliced(index, 1);

/** With a layer one place up (-1) or down (1); the same draft where there is no such place. */
export function moved(draft: Draft, index: number, by: -1 | 1): Draft {
  const row = draft[index];
  const to = index + by;
  if (!row || to < 0 || to >= draft.length) return draft;
  return draft.toSpliced(index, 1).toSpliced(to, 0, row);
}

/** With a field of a layer changed; undefined leaves it out. */
export function changed(draft: Draft, index: number, field: string, value: unknown): Draft {
  const row = draft[index];
  if (!row) return draft;
  const { [field]: _, ...rest } = row.layer;
  return draft.with(index, { ...row, layer: { ...rest, ...(value !== undefined && { [field]: value }), type: row.layer.type } });
}

/** What is known of a layer in its place. */
export interface RowFacts {
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
}

export interface Problem {
  /** Which layer is at fault, where it is one. */
  readonly index?: number;
  readonly message: string;
}

/** The network of a draft, or what is wrong with it; the facts of the layers before that in either case. */
export interface Checked {
  readonly model?: Model;
  readonly facts: readonly RowFacts[];
  readonly problem?: Problem;
}

export function check(draft: Draft, input: Model['input'], classes: number): Checked {
  const layers = draft.map(({ layer }) => layer as unknown as Layer);
  try {
    const built = model(input, layers);
    const facts = factsOf(built);
    const output = facts.at(-1)?.shape ?? [];
    if (output.length === 1 && output[0] === classes) return { model: built, facts };
    const message = `it gives [${output.join(', ')}], but the data have ${classes} classes, so that the last layer must give [${classes}]`;
    return { facts, problem: { index: draft.length - 1, message } };
  } catch (error) {
    const problem = problemOf(error);
    return { facts: problem.index ? factsBefore(layers, input, problem.index) : [], problem };
  }
}

function factsBefore(layers: readonly Layer[], input: Model['input'], end: number): readonly RowFacts[] {
  try {
    return factsOf(model(input, layers.slice(0, end)));
  } catch {
    // What it lacks may lie behind, as the partner of a tap.
    return [];
  }
}

/** Errors of models begin with the place: layers[2] (conv2d_1): ... */
function problemOf(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  const [, index, rest = ''] = /^layers\[(\d+)\](.*)$/s.exec(message) ?? [];
  if (index === undefined) return { message };
  return { index: Number(index), message: rest.replace(/^ \([^)]*\): |^: /, '').trim() };
}

/** A container's share is that of the layers in it. */
function factsOf(built: Model): RowFacts[] {
  const facts: RowFacts[] = [];
  for (const { name, outputShape, parameters, macs } of describe(built).layers) {
    const last = facts.at(-1);
    if (name.includes('/') && last)
      facts[facts.length - 1] = { ...last, parameters: last.parameters + parameters, macs: last.macs + macs };
    else facts.push({ shape: outputShape, parameters, macs });
  }
  return facts;
}
