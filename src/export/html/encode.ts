import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError, ShapeError } from '../../core/errors.ts';
import { outputKind } from '../../core/probabilities.ts';
import { shown } from '../../core/shown.ts';
import { elements, formatShape } from '../../core/value.ts';
import { numbered } from '../../data/class-names.ts';
import { checkedInput, checkInputFits, type InputDescription } from '../../data/input-description.ts';
import { exportGraph } from '../../deploy/graph.ts';
import type { ExportGraph } from '../../deploy/operations.ts';
import { describe } from '../../model/describe.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { dequantizedWeights } from '../../quantize/dequantized.ts';
import type { IntegerGraph } from '../../quantize/integer-graph.ts';
import { checkNoSoftmax } from '../../quantize/kind.ts';
import { integerGraph } from '../../quantize/lower.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import { packed } from './content.ts';
import { documentOf, grouped } from './document.ts';

export interface HtmlOptions {
  /** Without it the page takes the numbers that the network sees, not images. */
  readonly input?: InputDescription;
  /** The heading ['NAME classifier', by the name of the data]. */
  readonly title?: string;
  /** The outputs that `paredown.predict` gives end with a softmax, where the model does not [false]; classes have probabilities anyway. */
  readonly softmax?: boolean;
}

export interface HtmlIntegersOptions extends Omit<HtmlOptions, 'softmax'> {
  /** None has a form in integers. */
  readonly softmax?: false;
}

/** 16 MiB of weights; the page has a third more. */
const MOST_BYTES = 2 ** 24;
const LONGEST_TITLE = 200;

/** See src/public/exporting.ts. */
export function encodeHtml(m: Model, weights: Weights, options: HtmlOptions = {}): string {
  const { softmax = false } = options;
  const { input, title } = checkedOptions(options);
  if (typeof softmax !== 'boolean') throw new OptionError(`encodeHtml: softmax must be true or false, got ${shown(softmax)}`);
  const graph = exportGraph(m, weights, { softmax });
  const size = graph.constants.reduce((sum, { shape }) => sum + 4 * elements(shape), 0);
  return pageOf(m, graph, { input, title, size, numbers: 'float32', held: `${grouped(size)} bytes of weights in float32` });
}

/** See src/public/exporting.ts. */
export function encodeHtmlQuantized(quantized: QuantizedModel, options: HtmlIntegersOptions = {}): string {
  const { model, bits } = quantized;
  checkNoSoftmax('encodeHtml', options.softmax ?? false);
  if (bits.activations === 'float') return encodeHtml(model, dequantizedWeights(quantized), options);
  const { input, title } = checkedOptions(options);
  const graph = integerGraph(quantized);
  const size = graph.operations.reduce(
    (sum, operation) => ('weights' in operation ? sum + operation.weights.data.length : sum),
    0,
  );
  return pageOf(model, graph, {
    input,
    title,
    size,
    numbers: 'integers',
    held: `${grouped(size)} weights in integers of ${bits.weights} bits`,
  });
}

interface Page {
  readonly input: InputDescription | undefined;
  readonly title: string;
  readonly numbers: 'float32' | 'integers';
  /** Bytes of the weights, and how the page tells them. */
  readonly size: number;
  readonly held: string;
}

function checkedOptions(options: HtmlOptions | HtmlIntegersOptions) {
  refuseUnknown('encodeHtml', options, ['input', 'title', 'softmax']);
  const input = options.input === undefined ? undefined : checkedInput('encodeHtml: input', options.input);
  const { title = input?.dataName ? `${input.dataName.slice(0, 100)} classifier` : 'Classifier' } = options;
  if (typeof title !== 'string' || title.trim() === '' || title.length > LONGEST_TITLE)
    throw new OptionError(`encodeHtml: title must be a text of 1 to ${LONGEST_TITLE} characters, got ${shown(title)}`);
  return { input, title };
}

function pageOf(m: Model, graph: ExportGraph | IntegerGraph, { input, title, numbers, size, held }: Page): string {
  const { shape } = graph.output;
  const [outputs = 0] = shape;
  if (shape.length !== 1)
    throw new ShapeError(`encodeHtml: the model's output is ${formatShape(shape)}; a page tells classes apart, by [classes]`);
  if (input) checkInputFits('encodeHtml: input', input, m.input, shape);
  if (size > MOST_BYTES)
    throw new OptionError(
      `encodeHtml: the network has ${size} bytes of weights, more than the ${MOST_BYTES} that a page is written for, 16 MiB; encodeModel ` +
        'and encodeOnnx take more',
    );
  const output = outputKind(endOf(graph), outputs, input?.classNames?.length);
  const { parameters, macs } = describe(m);
  const twofold = output === 'logit of the second' || output === 'probability of the second';
  const facts = [
    `${grouped(parameters)} parameters`,
    held,
    `${grouped(macs)} multiply-accumulates`,
    ...(input?.dataName ? [`trained on ${input.dataName}`] : []),
  ];
  return documentOf(
    { title, shape: m.input, facts },
    {
      numbers,
      stored: input && { scale: input.scale, offset: input.offset, dtype: input.dtype ?? 'uint8' },
      output,
      classNames: input?.classNames ?? numbered(twofold ? 2 : outputs),
      ...packed(graph),
    },
  );
}

/** The softmax or sigmoid that a graph ends with, reshapes aside. */
function endOf({ operations, output }: ExportGraph | IntegerGraph): 'softmax' | 'sigmoid' | undefined {
  let end: ExportGraph['output'] = output;
  for (const operation of [...operations].reverse()) {
    if (operation.output !== end) continue;
    if (operation.type === 'reshape') {
      end = operation.inputs[0];
      continue;
    }
    const kind = 'activation' in operation ? operation.activation.kind : operation.type;
    // Of a softmax whose groups were joined later, no two outputs are of one.
    if (kind === 'softmax') return end.shape.at(-1) === output.shape.at(-1) ? kind : undefined;
    return kind === 'sigmoid' ? kind : undefined;
  }
  return undefined;
}
