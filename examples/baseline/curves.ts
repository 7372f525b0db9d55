import { type CurvePoint, trainingCurves } from 'paredown/node';
import { grouped } from '../../src/cli/common/format.ts';
import { adapterName } from './display/text.ts';
import type { StartEvent } from './events.ts';
import { PUBLISHED } from './network.ts';
import type { Metric } from './run-folder.ts';

/** Loss and accuracy of training and validation as an SVG, beside the published accuracy where the data are the same. */
export function drawCurves({ data, options, adapter }: StartEvent, history: readonly Metric[]): Promise<string> {
  const points = history.map(pointOf);
  const reference = { label: `published (${PUBLISHED.source})`, accuracy: PUBLISHED.accuracy };
  return trainingCurves(points, {
    title: `Published baseline on ${data.name}`,
    subtitle: `${grouped(options.steps)} steps of ${options.batch}, Adam ${options.learningRate}, ${adapterName(adapter)}`,
    ...(data.name === PUBLISHED.data && { reference }),
  });
}

function pointOf(metric: Metric): CurvePoint {
  const { step } = metric;
  if (metric.type === 'progress') return { step, loss: metric.loss, accuracy: metric.accuracy };
  if (metric.type === 'evaluation') return { step, validationLoss: metric.loss, validationAccuracy: metric.accuracy };
  return { step };
}
