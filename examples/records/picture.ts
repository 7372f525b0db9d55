import { type PlotSeries, plot } from 'paredown/node';
import { visible } from '../results/picture.ts';
import type { Evaluated } from './evaluate.ts';
import type { FieldRow } from './field.ts';
import { isOfField } from './print.ts';

/** Accuracy from which on points are drawn. */
const LEAST = 0.94;

/** Test accuracy against parameters, ours on MNIST and the field's, as SVG text. */
export function recordsPicture(rows: readonly Evaluated[], field: readonly FieldRow[]): Promise<string> {
  const ours: PlotSeries = {
    name: 'ours, mean over seeds',
    style: 'both',
    symbol: 'circle',
    color: 0,
    points: rows
      .filter(isOfField)
      .map(({ parameters, mean, deviation }) => ({ x: parameters, y: mean, deviation }))
      .sort((a, b) => a.x - b.x),
  };
  const theirs = (verified: boolean): PlotSeries => ({
    name: verified ? 'the field, verified' : 'the field, as published',
    style: 'points',
    symbol: verified ? 'diamond' : 'rect',
    color: verified ? 1 : 2,
    points: field
      .filter((row) => row.verified === verified)
      .map(({ name, parameters, accuracy }) => ({ x: parameters, y: accuracy, label: name })),
  });
  return plot({
    title: 'The smallest networks for MNIST',
    subtitle:
      'Ours: chosen on validation, bars: standard deviation. Of the field, all but one were chosen on test data, or are a single run',
    height: 480,
    x: { name: 'parameters, biases included, normalisations folded', scale: 'log' },
    y: { name: 'test accuracy', format: 'percent', min: LEAST, max: 1 },
    series: [ours, theirs(true), theirs(false)].flatMap((series) => visible(series, LEAST)),
  });
}
