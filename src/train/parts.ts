import type { Workspace } from '../gpu/workspace.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Network } from '../model/network.ts';
import type { ParameterStore } from '../plan/parameters.ts';
import type { TrainingState } from '../plan/state.ts';
import type { MeteredQueue } from './metrics.ts';
import type { TrainerSettings } from './options.ts';
import type { TrainingGraph } from './training-graph.ts';

/** What a trainer owns, whatever its plan. */
export interface TrainerParts {
  readonly workspace: Workspace;
  readonly settings: TrainerSettings;
  readonly network: Network;
  readonly graph: TrainingGraph;
  readonly parameters: ParameterStore;
  /** All that steps change: the network's parameters, and the scales of quantised ones. */
  readonly variables: readonly Tensor[];
  readonly state: TrainingState;
  readonly queue: MeteredQueue;
}
