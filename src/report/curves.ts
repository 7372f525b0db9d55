import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TitleComponent,
  type TitleComponentOption,
} from 'echarts/components';
import { type ComposeOption, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { axisStyle, frame, INK, renderSvg, titleHeight } from './chart.ts';
import type { ChartOptions } from './chart-options.ts';
import { formatPercent, formatPlain } from './format.ts';

/** What was measured at one step; a value that is absent or not finite leaves no mark. */
export interface CurvePoint {
  readonly step: number;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
}

export interface CurveOptions extends ChartOptions {
  /** An accuracy in [0, 1] to be drawn as a dashed line beside the measured ones, such as a published one. */
  readonly reference?: { readonly label: string; readonly accuracy: number };
}

type Option = ComposeOption<LineSeriesOption | GridComponentOption | LegendComponentOption | TitleComponentOption>;
type Axis = Extract<Option['yAxis'], unknown[]>[number];
type Curve = readonly (readonly [step: number, value: number])[];

const TRAINING = '#6b9bd1';
const VALIDATION = '#c2410c';

/**
 * The curves of a training as an SVG text: loss and, where there is one, accuracy against the step, training and validation.
 * The loss axis is logarithmic once it spans more than a decade; the accuracy axis begins where the first twentieth of the
 * points ends, so that the last percents are seen.
 */
export function trainingCurves(points: readonly CurvePoint[], options: CurveOptions = {}): string {
  const { width = 960, title = 'Training', reference } = options;
  const pick = (value: (point: CurvePoint) => number | undefined): Curve =>
    points.flatMap((point) => {
      const found = value(point);
      return found !== undefined && Number.isFinite(found) ? [[point.step, found] as const] : [];
    });
  const loss = [pick((point) => point.loss), pick((point) => point.validationLoss)] as const;
  const accuracy = [pick((point) => point.accuracy), pick((point) => point.validationAccuracy)] as const;
  const panels = [{ name: 'loss', curves: loss, axis: lossAxis(loss) }];
  if (accuracy.some((curve) => curve.length > 0))
    panels.push({ name: 'accuracy', curves: accuracy, axis: accuracyAxis(accuracy, reference?.accuracy) });
  const lastStep = points.reduce((most, { step }) => Math.max(most, step), 1);
  const published = panels.length > 1 && reference ? referenceLine(reference, lastStep) : undefined;
  const legend = [
    'training',
    ...(loss[1].length + accuracy[1].length > 0 ? ['validation'] : []),
    ...(published ? [published.name] : []),
  ];

  use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const top = titleHeight(options);
  const share = (width - 20) / panels.length;
  const option: Option = {
    ...frame({ ...options, title }),
    legend: { data: legend, right: 24, top: 12, itemGap: 22, itemStyle: { opacity: 0 }, textStyle: { color: INK } },
    grid: panels.map((_, index) => ({ left: 66 + index * share, width: share - 76, top, bottom: 52 })),
    xAxis: panels.map((_, gridIndex) => ({ ...stepAxis(lastStep), gridIndex })),
    yAxis: panels.map(({ name, axis }, gridIndex) => ({ ...axisStyle, name, nameGap: 14, ...axis, gridIndex }) as Axis),
    series: [
      ...panels.flatMap(({ curves: [training, validation] }, panel) => [
        line('training', training, panel, { color: TRAINING, width: 1.3 }),
        line('validation', validation, panel, { color: VALIDATION, width: 2 }),
      ]),
      ...(published ? [line(published.name, published.curve, 1, { color: '#555555', width: 1.2, type: 'dashed' })] : []),
    ],
  };
  return renderSvg('trainingCurves', options, option);
}

function referenceLine({ label, accuracy }: { readonly label: string; readonly accuracy: number }, lastStep: number) {
  const curve: Curve = [
    [0, accuracy],
    [lastStep, accuracy],
  ];
  return { name: `${label} ${formatPercent(accuracy)}`, curve };
}

function stepAxis(last: number) {
  const axisLabel = { color: INK, hideOverlap: true, formatter: formatPlain };
  return {
    ...axisStyle,
    type: 'value',
    name: 'step',
    nameLocation: 'middle',
    nameGap: 30,
    min: 0,
    max: last,
    minInterval: 1,
    axisLabel,
  } as const;
}

function lossAxis(curves: readonly Curve[]) {
  const values = curves.flatMap((curve) => curve.map(([, value]) => value));
  const lowest = values.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const decades = lowest > 0 && highest > 10 * lowest;
  const axisLabel = { ...axisStyle.axisLabel, formatter: formatPlain };
  if (!decades) return { type: 'value', axisLabel };
  return { type: 'log', axisLabel, min: 10 ** Math.floor(Math.log10(lowest)), max: 10 ** Math.ceil(Math.log10(highest)) };
}

function accuracyAxis(curves: readonly Curve[], reference = 1) {
  const sorted = curves.flatMap((curve) => curve.map(([, value]) => value)).sort((a, b) => a - b);
  const low = Math.min(sorted[Math.floor(sorted.length / 20)] ?? 0, reference);
  const grid = low < 0.8 ? 5 : 20;
  const min = Math.max(0, Math.floor(low * grid) / grid);
  return { type: 'value', min, max: 1, axisLabel: { ...axisStyle.axisLabel, formatter: formatPercent } };
}

function line(
  name: string,
  curve: Curve,
  panel: number,
  style: LineSeriesOption['lineStyle'] & { color: string },
): LineSeriesOption {
  const marked = curve.length === 1 || (name === 'validation' && curve.length <= 60);
  return {
    type: 'line',
    name,
    data: curve.map((point) => [...point]),
    xAxisIndex: panel,
    yAxisIndex: panel,
    lineStyle: style,
    itemStyle: { color: style.color },
    showSymbol: marked,
    symbol: marked ? 'circle' : 'none',
    symbolSize: 5,
    sampling: 'lttb',
    silent: true,
  };
}
