import type { KernelTime } from 'paredown';
import type { CeilingFacts } from '../../engine/calls.ts';

interface Props {
  readonly kernels: readonly KernelTime[];
  /** Measured; without them the best that a kernel attained stands for them. */
  readonly ceilings: CeilingFacts | undefined;
}

interface Point {
  readonly name: string;
  /** Operations a byte. */
  readonly intensity: number;
  readonly gflops: number;
  readonly ms: number;
}

const WIDTH = 480;
const HEIGHT = 320;
const LEFT = 48;
const RIGHT = 20;
const BOTTOM = 40;
const TOP = 12;

/** The convolutions and products of a step: how much arithmetic there is for each byte, and how fast it goes, under the adapter's roof. */
export function Roofline({ kernels, ceilings }: Props) {
  const points = kernels.flatMap(({ name, ms, operations, bytes }): Point[] =>
    operations !== undefined && operations > 0 && ms > 0
      ? [{ name, ms, intensity: operations / bytes, gflops: operations / ms / 1e6 }]
      : [],
  );
  if (points.length === 0) return null;
  const roof = ceilings ?? attained(kernels, points);
  const ridge = roof.gflops / roof.gigabytes;
  const x = logScale([...points.map(({ intensity }) => intensity), ridge], LEFT, WIDTH - RIGHT);
  const y = logScale([...points.map(({ gflops }) => gflops), roof.gflops], HEIGHT - BOTTOM, TOP);
  const floor = Math.max(x.low, y.low / roof.gigabytes);
  const line = [
    [floor, floor * roof.gigabytes],
    [ridge, roof.gflops],
    [x.high, roof.gflops],
  ];
  const most = Math.max(...points.map(({ ms }) => ms));
  return (
    <figure class="roofline">
      <figcaption>
        Roofline: operations a byte, and GFLOP/s.{' '}
        {ceilings
          ? 'The roof is what the adapter was measured to do.'
          : 'The roof is the best that these kernels attained, since what the adapter can do is not measured yet.'}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Roofline of ${points.length} kernels; their numbers stand in the table`}
      >
        {x.ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={x.at(tick)} x2={x.at(tick)} y1={TOP} y2={HEIGHT - BOTTOM} />
            <text x={x.at(tick)} y={HEIGHT - BOTTOM + 16} text-anchor="middle">
              {tick}
            </text>
          </g>
        ))}
        {y.ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y.at(tick)} y2={y.at(tick)} />
            <text x={LEFT - 6} y={y.at(tick) + 4} text-anchor="end">
              {tick}
            </text>
          </g>
        ))}
        <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 6} text-anchor="middle">
          operations a byte
        </text>
        <polyline
          class={ceilings ? 'roof' : 'roof guessed'}
          points={line.map(([a = 1, b = 1]) => `${x.at(a).toFixed(1)},${y.at(b).toFixed(1)}`).join(' ')}
        />
        {points.map(({ name, intensity, gflops, ms }, index) => (
          <circle key={index} cx={x.at(intensity)} cy={y.at(gflops)} r={4 + 8 * Math.sqrt(ms / most)}>
            <title>
              {name}: {intensity.toPrecision(3)} operations a byte, {gflops.toPrecision(3)} GFLOP/s
            </title>
          </circle>
        ))}
      </svg>
      <p class="soft small">
        A larger circle takes longer. Only convolutions, products and their gradients are shown: the others compute little.
      </p>
    </figure>
  );
}

function attained(kernels: readonly KernelTime[], points: readonly Point[]): CeilingFacts {
  return {
    gflops: Math.max(...points.map(({ gflops }) => gflops)),
    gigabytes: Math.max(...kernels.filter(({ ms }) => ms > 0).map(({ ms, bytes }) => bytes / ms / 1e6)),
  };
}

/** From the power of ten below the least to that above the largest, on pixels. */
function logScale(values: readonly number[], from: number, to: number) {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values)) + 0.05));
  const at = (value: number) => from + ((to - from) * (Math.log10(value) - least)) / (most - least);
  const ticks = Array.from({ length: most - least + 1 }, (_, index) => Number(`1e${least + index}`));
  return { at, ticks, low: 10 ** least, high: 10 ** most };
}
