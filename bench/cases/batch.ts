import { batchesOf } from '../../kernels-test/support/shuffle.ts';
import { type GatherProblem, METRIC_HEADER, METRIC_WORDS } from '../../src/kernels/batch.ts';
import { after, type KernelCase, timed } from './case.ts';
import { integers, normals } from './draw.ts';
import { SEED, STEP, single, stateWords, unwritten } from './layout.ts';

const floats = (memory: ArrayBuffer | undefined) => new Float32Array(memory ?? new ArrayBuffer(0));

/** A batch out of a data set of bytes, in the order of the first epoch. Bindings: source, targets, state, x, y. */
export function gatherCase({ batch, sampleLength, targetLength, scale, count }: GatherProblem): KernelCase {
  const shape = `${batch}x${sampleLength} of ${count} samples`;
  return {
    shape,
    operations: 2 * batch * sampleLength,
    bytes: batch * (5 * sampleLength + 8 * targetLength),
    data() {
      const source = Uint8Array.from(integers(shape, 0, count * sampleLength, 256));
      const targets = integers(shape, 1, count * targetLength, 10);
      const samples = batchesOf(count, batch, SEED, 0)[STEP] ?? [];
      const gather = () => {
        const x = new Float64Array(batch * sampleLength);
        const y = new Float64Array(batch * targetLength);
        samples.forEach((sample, row) => {
          for (let i = 0; i < sampleLength; i++) x[row * sampleLength + i] = (source[sample * sampleLength + i] ?? 0) * scale;
          for (let i = 0; i < targetLength; i++) y[row * targetLength + i] = targets[sample * targetLength + i] ?? 0;
        });
        return { x, y };
      };
      return {
        bindings: [
          new Uint32Array(source.buffer),
          single(targets),
          stateWords({ samples: count, batch }),
          unwritten(batch * sampleLength),
          unwritten(batch * targetLength),
        ],
        expected: () =>
          after(timed(gather), ({ x, y }) => [
            {
              name: 'x',
              values: x,
              error: (i: number) => 2 ** -22 * Math.abs(x[i] ?? 0),
              actual: ([, , , memory]: readonly ArrayBuffer[]) => floats(memory),
            },
            { name: 'y', values: y, actual: ([, , , , memory]: readonly ArrayBuffer[]) => floats(memory) },
          ]),
      };
    },
  };
}

/** The end of a step: its loss and right answers. Bindings: rows, state, metrics. */
export function finishCase(batch: number): KernelCase {
  const shape = `metrics of ${batch} rows`;
  return {
    shape,
    operations: 2 * batch,
    bytes: 8 * batch + 32,
    data() {
      const losses = normals(shape, 0, [batch]).data.map(Math.abs);
      const right = integers(shape, 1, batch, 2);
      const rows = Float64Array.from({ length: 2 * batch }, (_, i) => (i % 2 === 0 ? losses : right)[i >> 1] as number);
      const add = () => ({ loss: losses.reduce((a, b) => a + b, 0), right: right.reduce((a, b) => a + b, 0) });
      return {
        bindings: [single(rows), stateWords(), new Uint32Array(METRIC_WORDS)],
        expected: () =>
          after(timed(add), (found) => [
            {
              name: 'right answers',
              values: [found.right],
              actual: ([, , metrics]: readonly ArrayBuffer[]) => new Uint32Array(metrics ?? new ArrayBuffer(0), 4, 1),
            },
            {
              name: 'loss',
              values: [found.loss],
              error: () => 2 ** -24 * batch * found.loss,
              actual: ([, , metrics]: readonly ArrayBuffer[]) => floats(metrics).subarray(METRIC_HEADER, METRIC_HEADER + 1),
            },
          ]),
      };
    },
  };
}

/** Predictions counted by label. Bindings: logits, labels, state, confusion. */
export function confusionCase(batch: number, classes: number): KernelCase {
  const shape = `${batch}x${classes} counted`;
  return {
    shape,
    operations: batch * classes,
    bytes: 4 * (batch * (classes + 1) + classes * classes),
    data() {
      const logits = normals(shape, 0, [batch, classes]).data;
      const labels = integers(shape, 1, batch, classes);
      const count = () => {
        const counts = new Float64Array(classes * classes);
        labels.forEach((label, row) => {
          const own = logits.subarray(row * classes, (row + 1) * classes);
          const at = label * classes + own.indexOf(Math.max(...own));
          counts[at] = (counts[at] as number) + 1;
        });
        return counts;
      };
      return {
        bindings: [single(logits), single(labels), stateWords(), new Uint32Array(classes * classes)],
        expected: () =>
          after(timed(count), (values) => [
            {
              name: 'counts',
              values,
              actual: ([, , , memory]: readonly ArrayBuffer[]) => new Uint32Array(memory ?? new ArrayBuffer(0)),
            },
          ]),
      };
    },
  };
}
