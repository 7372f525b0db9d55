import type { GridComponentOption, LegendComponentOption, TitleComponentOption } from 'echarts/components';
import { type EChartsCoreOption, init } from 'echarts/core';
import { OptionError } from '../core/errors.ts';
import type { ChartOptions } from './chart-options.ts';

/** Colours that stay apart on white, also for most of those who see colours otherwise: P. Tol's "bright" scheme. */
export const PALETTE = ['#4477aa', '#ee6677', '#228833', '#aa8822', '#66ccee', '#aa3377', '#777777'] as const;
export const INK = '#333333';
export const FAINT = '#e3e3e3';

/** Room that the title takes at the top, in pixels. */
export function titleHeight({ subtitle }: ChartOptions): number {
  return subtitle ? 84 : 68;
}

/** Title, subtitle, font and background. */
export function frame({ title = '', subtitle = '' }: ChartOptions) {
  const heading: TitleComponentOption = {
    text: title,
    subtext: subtitle,
    left: 16,
    top: 10,
    textStyle: { fontSize: 17, fontWeight: 600, color: INK },
    subtextStyle: { color: '#666666' },
  };
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: INK },
    title: heading,
  };
}

export const axisStyle = {
  nameTextStyle: { color: INK, fontWeight: 600 },
  axisLine: { show: true, lineStyle: { color: '#888888' } },
  axisLabel: { color: INK },
  splitLine: { lineStyle: { color: FAINT } },
} as const;

/** A legend below the title, for charts of several series. */
export function legendBelow(names: readonly string[], top: number): LegendComponentOption {
  return { data: [...names], left: 16, top: top - 26, itemGap: 18, textStyle: { color: INK } };
}

export function plotArea(top: number): GridComponentOption {
  return { left: 72, right: 40, top, bottom: 56 };
}

/** Draws an option of echarts as SVG text. Throws an OptionError for a size that is none. */
export function renderSvg(where: string, { width = 960, height = 400 }: ChartOptions, option: EChartsCoreOption): string {
  for (const [name, pixels] of Object.entries({ width, height }))
    if (!(pixels >= 200 && pixels <= 10_000))
      throw new OptionError(`${where}: ${name} must be 200 to 10000 pixels, got ${pixels}`);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
