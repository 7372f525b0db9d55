import { HeatmapChart } from 'echarts/charts';
import { GridComponent, TitleComponent, VisualMapComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { OptionError } from '../core/errors.ts';
import { axisStyle, frame, plotArea, renderSvg, titleHeight } from './chart.ts';
import type { ChartOptions } from './chart-options.ts';
import { formatPlain } from './format.ts';

export interface HeatMapOptions extends ChartOptions {
  /** Names of columns and rows, and of what they are. The first row is drawn at the bottom. */
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly columnName: string;
  readonly rowName: string;
  /** A value for each row and column; one that is undefined or not finite leaves its cell white. */
  readonly values: readonly (readonly (number | undefined)[])[];
  /** Ends of the scale of colours [those of the values]. */
  readonly min?: number;
  readonly max?: number;
  /** Writes the values into the cells [true]. */
  readonly numbers?: boolean;
}

/** A table of numbers as coloured cells, as SVG text. Throws an OptionError where the values are not rows x columns. */
export function heatMap(options: HeatMapOptions): string {
  const { columns, rows, values, columnName, rowName, numbers = true } = options;
  if (values.length !== rows.length || values.some((row) => row.length !== columns.length))
    throw new OptionError(`heatMap: values must be ${rows.length} rows of ${columns.length} columns`);
  const cells = values.flatMap((row, y) =>
    row.flatMap((value, x) => (value !== undefined && Number.isFinite(value) ? [[x, y, value] as const] : [])),
  );
  const found = cells.map(([, , value]) => value);
  const { min = Math.min(...found, Infinity), max = Math.max(...found, -Infinity) } = options;
  const decimals = Math.min(6, Math.max(0, 2 - Math.ceil(Math.log10(max - min || 1))));
  const text = (value: number) => formatPlain(Number(value.toFixed(decimals)));
  use([HeatmapChart, GridComponent, TitleComponent, VisualMapComponent, SVGRenderer]);
  const category = { ...axisStyle, type: 'category', splitLine: { show: false } } as const;
  return renderSvg('heatMap', options, {
    ...frame(options),
    grid: { ...plotArea(titleHeight(options)), right: 110 },
    xAxis: { ...category, data: [...columns], name: columnName, nameLocation: 'middle', nameGap: 32 },
    yAxis: { ...category, data: [...rows], name: rowName },
    visualMap: {
      min: Number.isFinite(min) ? min : 0,
      max: Number.isFinite(max) ? max : 1,
      right: 16,
      top: 'middle',
      // Viridis: even in lightness, and read by those who see colours otherwise.
      inRange: { color: ['#fde725', '#5ec962', '#21918c', '#3b528b', '#440154'] },
      text: found.length > 0 ? [text(max), text(min)] : ['', ''],
      textStyle: { color: '#333333' },
    },
    series: [
      {
        type: 'heatmap',
        silent: true,
        data: cells.map((cell) => [...cell]),
        label: {
          show: numbers,
          fontSize: 9,
          formatter: ({ value }: { value: readonly number[] }) => text(value[2] ?? 0),
        },
      },
    ],
  });
}
