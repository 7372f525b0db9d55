import memory from '../../../../shaders/conv2d-filter-gradient/combine-memory.wgsl';
import type { Capabilities } from '../../../gpu/gpu.ts';
import type { Variant } from '../../family.ts';
import type { FilterGradientProblem } from '../problem.ts';
import { buildStrips, MOST_BLOCK, MOST_TAP_ROWS, powersDownFrom, type Strips, stripsServe, unitsOf } from '../strips.ts';

/** For a GPU: neighbouring lanes along channels, and as many sections as its workgroups have room for. */
function onThreads(problem: FilterGradientProblem, { maxInvocations }: Capabilities): Strips {
  const { geometry: g, groups } = problem;
  const tapRows = Math.min(g.windowHeight, Math.max(1, Math.floor(25 / g.windowWidth)), MOST_TAP_ROWS);
  const block = Math.max(1, Math.floor(64 / (tapRows * g.windowWidth)));
  const outBlock = Math.min(block, problem.outputChannels / groups, MOST_BLOCK);
  const inBlock = Math.min(Math.max(1, Math.floor(block / outBlock)), problem.inputChannels / groups);
  const tile = Math.max(1, Math.min(4, g.outputWidth, Math.floor(12 / outBlock)));
  const shape = { tapRows, inBlock, outBlock, tile, lanes: 1, unitLanes: 1, tileLanes: 1 };
  const [unitLanes = 1] = powersDownFrom(Math.min(32, unitsOf(problem, shape).units));
  const [sections = 1] = powersDownFrom(Math.min(64, Math.min(256, maxInvocations) / unitLanes));
  const [tileLanes = 1] = powersDownFrom(Math.min(sections, Math.ceil(g.outputWidth / tile)));
  return { ...shape, lanes: unitLanes * sections, unitLanes, tileLanes };
}

/** For GPUs; runs everywhere. */
export const stripsVariant: Variant<FilterGradientProblem> = {
  name: 'strips',
  supports: stripsServe,
  build: (problem, capabilities) => buildStrips('strips', memory, problem, onThreads(problem, capabilities), capabilities),
};
