import { type PlotSeries, plot } from 'paredown/node';
import { visible } from '../results/picture.ts';
import type { FieldRow, Unit } from './field.ts';
import type { Row } from './print.ts';

const PICTURES = {
  parameters: {
    title: 'The smallest networks for MNIST',
    field: 'Of the field, all but one were chosen on test data, or are a single run',
    x: 'parameters, biases included, normalisations folded',
    /** Accuracy from which on points are drawn. */
    least: 0.94,
  },
  bytes: {
    title: 'The smallest files for MNIST',
    field: 'How the field chose, and what its bytes leave out, is mostly not told',
    x: 'bytes; of ours all that a reader needs',
    least: 0.975,
  },
} as const;

/** Test accuracy against size, ours on MNIST and the field's, as SVG text. */
export function recordsPicture(rows: readonly Row[], field: readonly FieldRow[], unit: Unit = 'parameters'): Promise<string> {
  const { title, field: told, x, least } = PICTURES[unit];
  const ours: PlotSeries = {
    name: 'ours, mean over seeds',
    style: 'both',
    symbol: 'circle',
    color: 0,
    points: rows
      .filter(({ isOfField }) => isOfField)
      .map(({ size, mean, deviation }) => ({ x: size, y: mean, deviation }))
      .sort((a, b) => a.x - b.x),
  };
  const theirs = (verified: boolean): PlotSeries => ({
    name: verified ? 'the field, verified' : 'the field, as published',
    style: 'points',
    symbol: verified ? 'diamond' : 'rect',
    color: verified ? 1 : 2,
    points: field
      .filter((row) => row.verified === verified)
      .map(({ name, size, accuracy }) => ({ x: size, y: accuracy, label: name })),
  });
  return plot({
    title,
    subtitle: `Ours: chosen on validation, bars: standard deviation. ${told}`,
    height: 480,
    x: { name: x, scale: 'log' },
    y: { name: 'test accuracy', format: 'percent', min: least, max: 1 },
    series: [ours, theirs(true), theirs(false)].flatMap((series) => visible(series, least)),
  });
}
