import {
  BarChart,
  type BarSeriesOption,
  LineChart,
  type LineSeriesOption,
  ScatterChart,
  type ScatterSeriesOption,
} from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TitleComponent,
  type TitleComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { digits } from '../common/figures.ts';
import { machineLine } from '../common/machine.ts';
import type { Report, Row } from './report.ts';

type Option = ComposeOption<
  BarSeriesOption | LineSeriesOption | ScatterSeriesOption | GridComponentOption | LegendComponentOption | TitleComponentOption
>;

const INK = '#333333';
const FAINT = '#e3e3e3';
const COLOURS = ['#1f5fa8', '#c2410c', '#2e7d4f', '#8a4fa3', '#b08900', '#5b6770'];
/** Kernels of less work are no matter of arithmetic or memory. */
const LEAST_OPERATIONS = 1e5;
/** Which families share a colour, in the order of the legend. */
const GROUPS: readonly (readonly [name: string, families: RegExp])[] = [
  ['convolution', /^conv2d(-pool)?$/],
  ['filter gradient', /^conv2d.*-filter-gradient$/],
  ['matrix product', /^matmul$/],
  ['pooling', /^pool/],
  ['optimizer', /^optimizer$/],
  ['others', /./],
];

/** The roofline and the bars of a report, as SVG texts. Only variants with a time are drawn. */
export function drawCharts(report: Report): { roofline: string; bars: string } {
  use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer, LabelLayout]);
  return { roofline: roofline(report), bars: bars(report) };
}

function groupOf(family: string): number {
  return GROUPS.findIndex(([, families]) => families.test(family));
}

/** Operations a second against operations a byte: the lines are what the adapter can do, the points what its kernels do. */
function roofline(report: Report): string {
  const { gflops, copyGBs } = report.ceilings;
  const rows = report.rows.filter((row) => row.ms && row.operations >= LEAST_OPERATIONS);
  const intensity = ({ operations, bytes }: Row) => operations / bytes;
  const xs = [...rows.map(intensity), gflops / copyGBs];
  const ys = [...rows.map((row) => row.gflops ?? 0), gflops];
  const [left, right] = decades(xs);
  const [bottom, top] = decades(ys);
  const ridge = gflops / copyGBs;
  const start = Math.max(left, bottom / copyGBs);
  const ceiling = [
    [start, start * copyGBs],
    [ridge, gflops],
    [right, gflops],
  ];
  const option: Option = {
    ...frame('Roofline', machineLine(report.machine)),
    legend: {
      data: GROUPS.flatMap(([name], group) => (rows.some((row) => groupOf(row.family) === group) ? [name] : [])),
      ...{ top: 56, right: 40, itemGap: 24, textStyle: { color: INK } },
    },
    grid: { left: 76, right: 190, top: 92, bottom: 60 },
    xAxis: { ...axis('operations a byte', 34), type: 'log', min: left, max: right },
    yAxis: { ...axis('GFLOP/s', 50), type: 'log', min: bottom, max: top },
    series: [
      {
        type: 'line',
        data: ceiling,
        symbol: 'none',
        lineStyle: { color: INK, width: 1.5 },
        endLabel: { show: true, formatter: `${digits(gflops)} GFLOP/s`, offset: [-100, -12], color: INK },
        silent: true,
      },
      {
        type: 'scatter',
        data: [[Math.sqrt(start * ridge), Math.sqrt(start * ridge) * copyGBs]],
        symbolSize: 1,
        itemStyle: { color: INK },
        label: { show: true, formatter: `${digits(copyGBs)} GB/s`, position: 'left', color: INK },
        silent: true,
      },
      ...GROUPS.map(
        ([name], group): ScatterSeriesOption => ({
          type: 'scatter',
          name,
          symbolSize: 8,
          itemStyle: { color: COLOURS[group], opacity: 0.8 },
          labelLayout: { hideOverlap: true, moveOverlap: 'shiftY' },
          data: rows
            .filter((row) => groupOf(row.family) === group)
            .map((row) => ({
              value: [intensity(row), row.gflops ?? 0],
              label: label(row),
              // Other layers stand back.
              ...(row.networks.length === 0 && { symbolSize: 5, itemStyle: { opacity: 0.4 } }),
            })),
        }),
      ),
    ],
  };
  return render(option, 960, 620);
}

/** Only what a network has is named: points of all the other layers would hide each other's names. */
function label({ networks, shape, operations }: Row) {
  if (networks[0] !== 'W1' || operations < 5e6) return { show: false };
  const [way = ''] = / d[xw]/.exec(shape) ?? [];
  const [layer = '', window = ''] = shape.replace(/^50x/, '').split(', ');
  const formatter = `${layer.replace(way, '')}${/^\d/.test(window) ? `, ${window.replace(way, '')}` : ''}${way}`;
  const position = ({ ' dx': 'top', ' dw': 'bottom' } as const)[way] ?? ('right' as const);
  return { show: true, formatter, position, fontSize: 10, color: INK, textBorderColor: '#ffffff', textBorderWidth: 3 };
}

/** The share of the ceilings that each kernel reaches. */
function bars(report: Report): string {
  const rows = report.rows.filter((row) => row.ms);
  const names = rows.map(({ family, variant, shape }) => `${shape}   ${family}/${variant}`);
  const most = Math.max(1, ...rows.map(({ share = 0 }) => share));
  const option: Option = {
    ...frame('Share of the ceilings', `${machineLine(report.machine)}\n${ceilingsLine(report)}`),
    legend: { data: GROUPS.map(([name]) => name), top: 68, left: 440, itemGap: 24, textStyle: { color: INK } },
    grid: { left: 480, right: 170, top: 118, bottom: 30 },
    xAxis: {
      ...axis('', 0),
      type: 'value',
      position: 'top',
      min: 0,
      max: most > 1 ? Math.ceil(most * 10) / 10 : 1,
      axisLabel: { color: INK, formatter: (share: number) => `${Math.round(100 * share)}%` },
    },
    yAxis: {
      type: 'category',
      data: names,
      inverse: true,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: '#888888' } },
      axisLabel: { color: INK, fontSize: 11, interval: 0, width: 465, overflow: 'truncate' },
    },
    series: GROUPS.map(
      ([name], group): BarSeriesOption => ({
        type: 'bar',
        name,
        stack: 'all',
        barWidth: 12,
        itemStyle: { color: COLOURS[group] },
        data: rows.map((row) =>
          groupOf(row.family) === group
            ? {
                value: row.share ?? 0,
                label: { show: true, position: 'right', color: INK, fontSize: 11, formatter: achieved(row) },
              }
            : '-',
        ),
      }),
    ),
  };
  return render(option, 1180, 160 + 18 * Math.max(1, rows.length));
}

function achieved({ ms, limit, gflops, gigabytesPerSecond }: Row): string {
  const rate = limit === 'compute' ? `${digits(gflops)} GFLOP/s` : `${digits(gigabytesPerSecond)} GB/s`;
  return `${digits(ms?.median)} ms${limit === 'dispatch' ? '' : `, ${rate}`}`;
}

function ceilingsLine({ ceilings: { gflops, copyGBs, dispatchUs } }: Report): string {
  return `100%: ${digits(gflops)} GFLOP/s, ${digits(copyGBs)} GB/s or ${digits(dispatchUs)} us, whichever takes a kernel longest; more where a cache serves`;
}

function frame(text: string, subtext: string): Option {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: INK },
    title: {
      ...{ text, subtext, left: 16, top: 10 },
      textStyle: { fontSize: 17, fontWeight: 600, color: INK },
      subtextStyle: { color: '#666666', lineHeight: 16 },
    },
  };
}

function axis(name: string, nameGap: number) {
  return {
    name,
    nameGap,
    nameLocation: 'middle',
    nameTextStyle: { color: INK, fontWeight: 600 },
    axisLine: { show: true, lineStyle: { color: '#888888' } },
    axisLabel: { color: INK, formatter: (value: number) => String(Number(value.toPrecision(3))) },
    splitLine: { lineStyle: { color: FAINT } },
  } as const;
}

/** The powers of ten around some numbers. */
function decades(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0);
  return [10 ** Math.floor(Math.log10(Math.min(...positive))), 10 ** Math.ceil(Math.log10(Math.max(...positive) * 1.02))];
}

function render(option: Option, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
