import { type Command, compileCommands, createCommands } from '../gpu/commands.ts';
import { finishKernel } from '../kernels/batch.ts';
import { operationsOf } from '../kernels/operations.ts';
import type { GraphLayout } from '../plan/layout.ts';
import type { LoweredDispatch } from '../plan/lower.ts';
import { Plan } from '../plan/plan.ts';
import { roundingDispatches } from '../plan/rounding.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { updateDispatches } from '../plan/update.ts';
import { lossDefinition } from './losses/registry.ts';
import type { TrainerParts } from './parts.ts';
import type { ResidentData } from './resident.ts';

/** What one dispatch of a step has to do. */
export interface KernelWork {
  /** Family and variant, such as 'conv2d/blocked'. */
  readonly name: string;
  readonly workgroups: readonly [number, number, number];
  /** The operation whose result it makes, and the result's shape, for one that the graph asks for. */
  readonly result?: string;
  /** Additions and multiplications, of convolutions, products and their gradients; the others do a few an element. */
  readonly operations?: number;
  /** Of all that it reads and writes, each counted once, as a whole where it uses a part. */
  readonly bytes: number;
}

/** The dispatches of a training step: the gathering of its batch, the plan, and the counting of the step. */
export class TrainingStep {
  private gathers = new WeakMap<ResidentData, Promise<readonly Command[]>>();
  private readonly compiled = new WeakSet<Command>();

  private constructor(
    private readonly parts: TrainerParts,
    private readonly plan: Plan,
    private finish: readonly Command[],
    /** Of the plan's first commands, those before the optimizer's. */
    private readonly work: readonly Pick<KernelWork, 'result' | 'operations'>[],
  ) {}

  static async create(parts: TrainerParts, layout: GraphLayout): Promise<TrainingStep> {
    const { workspace, settings, graph, state, queue } = parts;
    const plan = await Plan.create(workspace, layout, { ...parts, update: updateDispatches, rounding: roundingDispatches });
    try {
      const { replicas, batch, precision } = settings;
      const kernel = finishKernel(replicas, batch, workspace.gpu.capabilities, precision === 'mixed');
      const ranges = [plan.range(graph.rows), state.range, queue.range];
      const work = layout.lowered.dispatches.slice(layout.prepared).map((dispatch) => workOf(dispatch, replicas));
      return new TrainingStep(parts, plan, await createCommands(workspace, [{ kernel, ranges }]), work);
    } catch (error) {
      plan.destroy();
      throw error;
    }
  }

  /** The plan's; its dispatches with those of gathering and counting. */
  get summary(): PlanSummary {
    const { summary } = this.plan;
    return { ...summary, dispatches: summary.dispatches + 2 };
  }

  /** All dispatches of a step whose batch comes from a data set, in an order of its own for each epoch or as its samples lie. */
  async on(resident: ResidentData, shuffle = true): Promise<readonly Command[]> {
    let gather = this.gathers.get(resident);
    if (!gather) {
      const { workspace, settings, graph, state } = this.parts;
      const { replicas, batch, loss, augment } = settings;
      const { type } = this.plan.view(graph.x);
      const ranges = { x: this.plan.range(graph.x), y: this.plan.range(graph.goal), state: state.range };
      const taught = lossDefinition(loss).goal === 'classes and logits';
      gather = resident.gather({ workspace, replicas, batch, shuffle, taught, type, augment, ...ranges });
      this.gathers.set(resident, gather);
      // What failed is tried anew the next time.
      gather.catch(() => this.gathers.delete(resident));
    }
    return [...(await gather), ...this.plan.commands, ...this.finish];
  }

  /** What each of the commands that `on` gave has to do. */
  workOf(commands: readonly Command[]): KernelWork[] {
    const { x, goal } = this.parts.graph;
    const gathers = commands.length - this.plan.commands.length - this.finish.length;
    // Of a data set it reads as much as it writes.
    const gathered = 2 * (this.plan.range(x).size + this.plan.range(goal).size);
    return commands.map(({ name, workgroups, bytes }, index) => ({
      name,
      workgroups,
      ...this.work[index - gathers],
      bytes: index < gathers ? Math.min(bytes, gathered) : bytes,
    }));
  }

  /** Compiles those of the commands that never ran. Returns the milliseconds that it took; undefined where there are none. */
  async compile(commands: readonly Command[]): Promise<number | undefined> {
    const fresh = commands.filter((command) => !this.compiled.has(command));
    if (fresh.length === 0) return undefined;
    const start = performance.now();
    await compileCommands(this.parts.workspace, fresh);
    for (const command of fresh) this.compiled.add(command);
    return performance.now() - start;
  }

  /** Whether these kernel variants are the step's: others would add in another order. */
  hasVariants(wanted: PlanSummary['variants']): boolean {
    const { variants } = this.plan.summary;
    return Object.keys({ ...wanted, ...variants }).every((family) => wanted[family]?.join() === variants[family]?.join());
  }

  /** Frees the plan. Whoever keeps the step keeps no pipelines of it. */
  destroy(): void {
    this.plan.destroy();
    this.finish = [];
    this.gathers = new WeakMap();
  }
}

function workOf(
  { kernel, bound, decision, fused }: LoweredDispatch,
  replicas: number,
): Pick<KernelWork, 'result' | 'operations'> {
  const choice = decision ?? fused;
  const operations = choice && operationsOf(choice);
  const result = bound.find((item, binding) => kernel.bindings[binding] === 'write' && item && item !== 'state');
  return {
    ...(operations !== undefined && { operations: replicas * operations }),
    ...(typeof result === 'object' && { result: result.label }),
  };
}
