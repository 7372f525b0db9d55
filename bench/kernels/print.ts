import { type Column, Table } from '../../src/cli/common/fitted-table.ts';
import { digits, percent, times } from '../common/figures.ts';
import { relativeSpread } from '../common/statistics.ts';
import type { Measured } from './list.ts';
import type { Row } from './report.ts';

const ERROR = 'WRONG';

const columns: readonly Column<Row>[] = [
  { title: 'kernel', align: 'left', least: 20, text: ({ family, variant }) => `${family}/${variant}` },
  { title: 'layer', align: 'left', least: 26, text: ({ shape }) => shape },
  { title: 'ms', text: ({ ms, error }) => (error ? ERROR : digits(ms?.median)) },
  { title: '±', rank: 3, text: ({ ms }) => (ms ? `${Math.round(100 * relativeSpread(ms))}%` : '') },
  { title: 'GFLOP/s', text: ({ gflops }) => digits(gflops) },
  { title: 'GB/s', rank: 4, text: ({ gigabytesPerSecond }) => digits(gigabytesPerSecond) },
  { title: 'share', text: ({ share }) => percent(share) },
  { title: 'of', align: 'left', rank: 2, text: ({ limit }) => limit },
  { title: 'vs CPU', rank: 1, text: ({ referenceMs, ms }) => times(ms && referenceMs / ms.median) },
  { title: 'vs onnx', rank: 5, text: ({ onnxMs, ms }) => times(ms && onnxMs && onnxMs / ms.median) },
  { title: 'CPU ms', rank: 7, text: ({ processorMs }) => digits(processorMs) },
  { title: 'first', rank: 6, text: ({ firstMs }) => digits(firstMs) },
];

/** A table that can be printed line by line while its rows come: what they may hold at most is known before. */
export function kernelTable(measured: readonly Measured[], onnx: boolean, width: number): Table<Row> {
  const widest: Row[] = measured.flatMap(({ family, networks, case: { shape, operations, bytes }, variants }) =>
    variants.map(({ name, preferred }) => ({
      ...{ family, networks, shape, operations, bytes, variant: name, preferred },
      ms: { median: 12_345, least: 0, lowerQuartile: 0, upperQuartile: 12_345, repeats: 1 },
      ...{ gflops: 12_345, gigabytesPerSecond: 12_345, share: 1.23, limit: 'dispatch', firstMs: 12_345, processorMs: 12_345 },
      ...{ referenceMs: 12_345 * 99_999, onnxMs: 12_345 * 99 },
    })),
  );
  return new Table(onnx ? columns : columns.filter(({ title }) => title !== 'vs onnx'), widest, width);
}

/** Under which headline a kernel stands: what networks share is measured once. */
export function headline([network]: readonly string[]): string {
  return network ?? 'other layers';
}
