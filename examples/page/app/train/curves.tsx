import { useMemo } from 'preact/hooks';
import { Chart } from '../chart.tsx';
import { reports } from '../state.ts';
import { curvePoints } from './decimate.ts';

/** Loss and accuracy against steps, on training images and on others. */
export function LearningCurves() {
  const points = useMemo(() => curvePoints(reports.value), [reports.value]);
  const x = useMemo(() => ({ name: 'step', values: points.map(({ step }) => step) }), [points]);
  const loss = useMemo(
    () => [
      { name: 'training', values: points.map(({ loss }) => loss) },
      { name: 'validation', values: points.map(({ validation }) => validation?.loss) },
    ],
    [points],
  );
  const accuracy = useMemo(
    () => [
      { name: 'training', values: points.map(({ accuracy }) => accuracy) },
      { name: 'validation', values: points.map(({ validation }) => validation?.accuracy) },
    ],
    [points],
  );
  return (
    <div class="charts">
      <Chart title="Loss" x={x} y={loss} />
      <Chart title="Accuracy" percent x={x} y={accuracy} />
    </div>
  );
}
