import type { Capabilities } from '../gpu/gpu.ts';
import { runsBeside } from '../kernels/cost.ts';
import { sideBySide } from '../kernels/side-by-side.ts';
import type { Bound, LoweredDispatch } from './lower.ts';
import type { StorageKind } from './storage.ts';

/** The list with small neighbours that do not depend on each other joined, such as both gradients of a convolution. */
export function paired(dispatches: readonly LoweredDispatch[], capabilities: Capabilities): LoweredDispatch[] {
  const list: LoweredDispatch[] = [];
  for (let at = 0; at < dispatches.length; at++) {
    const [first, second] = dispatches.slice(at, at + 2);
    if (!first) break;
    const joint = second && pair(first, second, capabilities);
    list.push(joint ?? first);
    if (joint) at++;
  }
  return list;
}

function pair(first: LoweredDispatch, second: LoweredDispatch, capabilities: Capabilities): LoweredDispatch | undefined {
  if (first.work === undefined || second.work === undefined) return undefined;
  if (!runsBeside(first.work, second.work, capabilities)) return undefined;
  if (depends(first, second) || depends(second, first)) return undefined;
  const same = (a: number, b: number) => first.bound[a] === second.bound[b];
  const joint = sideBySide([first.kernel, second.kernel], same, capabilities);
  return (
    joint && {
      kernel: joint.kernel,
      bound: joint.operands.map(({ part, binding }) => (part === 0 ? first : second).bound[binding]),
    }
  );
}

/** Kinds that share one buffer whatever is planned: what one dispatch reads of them, it may not write. */
const ONE_BUFFER: readonly StorageKind[] = ['parameter', 'gradient'];

/** Whether `one` writes what `other` uses, or a buffer that it reads. */
function depends(one: LoweredDispatch, other: LoweredDispatch): boolean {
  const written = one.bound.filter((item, index) => one.kernel.bindings[index] === 'write' && item);
  return written.some((storage) =>
    other.bound.some(
      (item, index) => item === storage || (other.kernel.bindings[index] === 'read' && sharesBuffer(storage, item)),
    ),
  );
}

function sharesBuffer(a: Bound, b: Bound): boolean {
  return typeof a === 'object' && typeof b === 'object' && a.kind === b.kind && ONE_BUFFER.includes(a.kind);
}
