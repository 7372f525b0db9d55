import { type CurvePoint, trainingCurves } from 'paredown/node';
import { grouped } from '../format.ts';
import { adapterName } from './display/text.ts';
import type { Published, StartEvent } from './events.ts';
import type { Metric } from './run-folder.ts';
import { optimizerInWords } from './run-options.ts';

/** Loss and accuracy of training and validation as an SVG, beside the published accuracy where the data are the same. */
export function drawCurves(
  { data, options, adapter }: StartEvent,
  history: readonly Metric[],
  { title, published }: { readonly title: string; readonly published?: Published },
): Promise<string> {
  const reference = published?.data === data.name && {
    label: `published (${published.source})`,
    accuracy: published.accuracy,
  };
  return trainingCurves(history.map(pointOf), {
    title,
    subtitle: `${grouped(options.steps)} steps of ${options.batch}, ${optimizerInWords(options)}, ${adapterName(adapter)}`,
    ...(reference && { reference }),
  });
}

function pointOf(metric: Metric): CurvePoint {
  const { step } = metric;
  if (metric.type === 'progress') return { step, loss: metric.loss, accuracy: metric.accuracy };
  if (metric.type === 'evaluation') return { step, validationLoss: metric.loss, validationAccuracy: metric.accuracy };
  return { step };
}
