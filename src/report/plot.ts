import { CustomChart, LineChart, ScatterChart, type ScatterSeriesOption } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { axisStyle, frame, legendBelow, PALETTE, plotArea, renderSvg, titleHeight } from './chart.ts';
import type { ChartOptions } from './chart-options.ts';
import { formatPercent, formatPlain } from './format.ts';

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** A standard deviation of y, drawn as a bar of error. */
  readonly deviation?: number;
  /** Written beside the point. */
  readonly label?: string;
}

export interface PlotSeries {
  readonly name: string;
  readonly points: readonly PlotPoint[];
  /** Joins the points by a line ['line'], draws them alone, or both. */
  readonly style?: 'line' | 'points' | 'both';
  readonly dashed?: boolean;
  /** Index into the palette [the index of the series]: the same for what belongs together. */
  readonly color?: number;
  /** Of the points ['circle']. */
  readonly symbol?: 'circle' | 'emptyCircle' | 'diamond' | 'triangle' | 'rect';
}

export interface PlotAxis {
  readonly name: string;
  /** ['linear'] */
  readonly scale?: 'linear' | 'log';
  readonly format?: 'number' | 'percent';
  readonly min?: number;
  readonly max?: number;
}

export interface PlotOptions extends ChartOptions {
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly series: readonly PlotSeries[];
  /** Vertical lines with a text. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
}

/** Series of points over two axes as SVG text: lines, points with bars of error, or both. Points that are not finite are left out. */
export function plot(options: PlotOptions): string {
  use([LineChart, ScatterChart, CustomChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);
  // Text may be wider than echarts takes it to be, where a viewer has other fonts.
  const width = LEGEND_WIDTH * (options.width ?? 960);
  const rows = legendRows(
    options.series.map(({ name }) => name),
    width,
  );
  const top = titleHeight(options) + 28 + LEGEND_ROW * (rows - 1);
  const visible = (value: number, { scale }: PlotAxis) => Number.isFinite(value) && (scale !== 'log' || value > 0);
  return renderSvg('plot', options, {
    ...frame(options),
    legend: {
      ...legendBelow(
        options.series.map(({ name }) => name),
        top,
      ),
      top: titleHeight(options) - 26,
      width,
    },
    grid: plotArea(top),
    xAxis: { ...axis(options.x), nameLocation: 'middle', nameGap: 32 },
    yAxis: axis(options.y),
    series: options.series.flatMap((series, index) => {
      const points = series.points.filter(({ x, y }) => visible(x, options.x) && visible(y, options.y));
      const marks = index === 0 ? options.marks : undefined;
      return drawn({ ...series, points }, PALETTE[(series.color ?? index) % PALETTE.length] ?? PALETTE[0], options.y, marks);
    }),
  });
}

/** Share of the picture that a row of the legend may take. */
const LEGEND_WIDTH = 0.86;
/** Pixels from one row of the legend to the next. */
const LEGEND_ROW = 34;

/** Rows that a legend takes: an item is a symbol, its text and a gap. */
function legendRows(names: readonly string[], width: number): number {
  let rows = 1;
  let used = 0;
  for (const name of names) {
    const item = 52 + 7 * name.length;
    if (used > 0 && used + item > width) {
      rows++;
      used = 0;
    }
    used += item;
  }
  return rows;
}

function axis({ name, scale = 'linear', format = 'number', min, max }: PlotAxis) {
  const formatter = format === 'percent' ? formatPercent : formatPlain;
  return {
    ...axisStyle,
    type: scale === 'log' ? 'log' : 'value',
    scale: true,
    name,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    axisLabel: { ...axisStyle.axisLabel, formatter, hideOverlap: true },
  };
}

function drawn(series: PlotSeries, color: string, y: PlotAxis, marks: PlotOptions['marks']) {
  const { name, points, style = 'line', dashed = false, symbol = 'circle' } = series;
  const labelled = points.some(({ label }) => label !== undefined);
  const label: ScatterSeriesOption['label'] = {
    show: labelled,
    position: 'right',
    color: '#555555',
    fontSize: 10,
    formatter: ({ dataIndex }) => points[dataIndex]?.label ?? '',
  };
  const common = {
    name,
    data: points.map(({ x, y }) => [x, y]),
    itemStyle: { color },
    symbol,
    symbolSize: 8,
    label,
    silent: true,
  };
  const markLine = marks && {
    symbol: 'none',
    lineStyle: { color: '#777777', type: 'dashed' },
    data: marks.map(({ x, label: text }) => ({ xAxis: x, label: { formatter: text, color: '#555555' } })),
  };
  const body =
    style === 'points'
      ? { ...common, type: 'scatter', labelLayout: { hideOverlap: true }, markLine }
      : {
          ...common,
          type: 'line',
          showSymbol: style === 'both' || points.length === 1,
          lineStyle: { color, width: 1.8, type: dashed ? 'dashed' : 'solid' },
          labelLayout: { hideOverlap: true },
          markLine,
        };
  const bars = points.filter(({ deviation }) => deviation !== undefined && deviation > 0);
  return bars.length === 0 ? [body] : [body, errorBars(bars, color, y)];
}

interface CustomApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): number[];
}

/** A share of the value below which no bar reaches on a logarithmic axis, where a deviation may be larger than its value. */
const LEAST_SHARE = 0.05;

function errorBars(points: readonly PlotPoint[], color: string, { scale }: PlotAxis) {
  const least = (y: number, deviation: number) => (scale === 'log' ? Math.max(LEAST_SHARE * y, y - deviation) : y - deviation);
  return {
    type: 'custom',
    silent: true,
    clip: true,
    data: points.map(({ x, y, deviation = 0 }) => [x, least(y, deviation), y + deviation]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: unknown, api: CustomApi) => {
      const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
      const [, high = 0] = api.coord([api.value(0), api.value(2)]);
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line',
        shape: { x1, y1, x2, y2 },
        style: { stroke: color, lineWidth: 1.2 },
      });
      return { type: 'group', children: [line(x, low, x, high), line(x - 3, low, x + 3, low), line(x - 3, high, x + 3, high)] };
    },
  };
}
