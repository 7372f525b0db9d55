import { confusionText } from '../../confusion.ts';
import { duration, grouped, percent, stepTime } from '../../format.ts';
import type { EvaluationEvent, ResultEvent, StartEvent } from '../events.ts';
import { optimizerInWords } from '../run-options.ts';

/** Marks a piece of text for the eye; the identity where there are no colours. */
export type Emphasis = (text: string) => string;

const none: Emphasis = (text) => text;

export function adapterName({ description, device, vendor, kind }: StartEvent['adapter']): string {
  return `${description || device || vendor || 'unnamed'}${kind === 'cpu' ? ' (software)' : ''}`;
}

/** Adapter, data set, options and layer table. */
export function startText({ adapter, data, options, step, out }: StartEvent, table: string, strong = none): string {
  const { train, validation, test } = data.sizes;
  const facts = [
    ['adapter', adapterName(adapter)],
    ['data', `${data.name}: ${grouped(train)} to train, ${grouped(validation)} to validate, ${grouped(test)} to test`],
    [
      'training',
      `${grouped(options.steps)} steps of ${options.batch}, ${optimizerInWords(options)}, seed ${options.seed}${options.precision === 'mixed' ? ', mixed precision' : ''}` +
        (step > 0 ? `; going on from step ${grouped(step)}` : ''),
    ],
    ['run folder', out],
  ] as const;
  return `${facts.map(([name, value]) => `${strong(name.padEnd(10))}  ${value}`).join('\n')}\n\n${table}\n`;
}

export function evaluationLine({ step, loss, accuracy, wallMs }: EvaluationEvent): string {
  const shares = [`loss ${loss.toFixed(4)}`, ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`])];
  return `validation at step ${grouped(step)}: ${shares.join(', ')} (${duration(wallMs)})`;
}

/** The confusion matrix, and what came out, beside what was published where that is known. */
export function resultText(event: ResultEvent, strong = none): string {
  const { test, published, step, wallMs, msPerStep, adapter, options, data, out } = event;
  const rows = [
    ['', published?.source, published && 'this run'],
    ['test accuracy', published && percent(published.accuracy), test.accuracy === undefined ? '-' : percent(test.accuracy)],
    ['test loss', '-', test.loss.toFixed(4)],
    ['data', published?.data, published && data.name],
    ['steps', published && grouped(published.steps), grouped(step)],
    ['batch', published && grouped(published.batch), grouped(options.batch)],
    ['precision', published && '-', options.precision === 'mixed' ? 'mixed' : undefined],
    ['wall time', published && duration(published.wallMs), duration(wallMs)],
    ['ms a step', published && stepTime(published.wallMs / published.steps), stepTime(msPerStep)],
    ['adapter', published?.adapter, published && adapterName(adapter)],
  ] as const;
  const lines = rows.flatMap(([name, theirs = '', ours]) => {
    if (ours === undefined) return [];
    const line = [name.padEnd(14), ...(published ? [theirs.padEnd(published.source.length)] : []), ours].join('  ');
    return [name === 'test accuracy' ? strong(line) : line];
  });
  const confusion = confusionText(test.confusion, data.classNames);
  return `\n${confusion}${lines.join('\n')}\n\nSaved in ${out}: model.safetensors, checkpoint, metrics.jsonl, curves.svg, run.json`;
}
