/** What every picture has. In a file of its own, so that whoever uses the types meets none of ECharts'. */
export interface ChartOptions {
  readonly title?: string;
  readonly subtitle?: string;
  /** Pixels [960 x 400]. */
  readonly width?: number;
  readonly height?: number;
}
