import { channelsOf, contiguous, type Node, replicaStride, required, type Tensor } from '../graph/tensor.ts';
import type { ElementType, View } from '../kernels/view.ts';
import type { Storage, StorageKind } from './storage.ts';

/** Where a tensor lies. */
export interface Placement {
  readonly storage: Storage;
  readonly view: View;
}

/**
 * Gives each tensor its memory. Reshapes and slices lie in their input; the inputs of a concatenation are placed inside its
 * output, so that their producers write straight into it, unless a node would then read and write the same memory.
 */
export class Placements {
  private readonly placements = new Map<Tensor, Placement>();
  private readonly users = new Map<Tensor, Node[]>();

  constructor(
    order: readonly Node[],
    private readonly replicas: number,
    private readonly kept: ReadonlySet<Tensor>,
    private readonly kindOf: (tensor: Tensor) => StorageKind,
    /** Of activations. */
    private readonly type: ElementType,
  ) {
    for (const node of order)
      for (const input of Object.values(node.inputs)) {
        const list = this.users.get(input);
        if (list) list.push(node);
        else this.users.set(input, [node]);
      }
    // Outer concatenations come later in the order and must be placed first.
    for (const node of [...order].reverse()) if (node.operation.joins) this.join(node);
  }

  of(tensor: Tensor): Placement {
    let placement = this.placements.get(tensor);
    if (!placement) {
      placement = this.aliased(tensor) ?? this.alone(tensor);
      this.placements.set(tensor, placement);
    }
    return placement;
  }

  private alone(tensor: Tensor): Placement {
    const stride = replicaStride(tensor);
    const label = `${tensor.node.operation.name} ${JSON.stringify(tensor.shape)}`;
    const type = tensor.type === 'activation' ? this.type : 'f32';
    return {
      storage: { label, kind: this.kindOf(tensor), type, elements: stride * this.replicas },
      view: contiguous(tensor.shape, stride, type),
    };
  }

  private aliased(tensor: Tensor): Placement | undefined {
    const alias = tensor.node.operation.alias?.(tensor.node);
    if (!alias) return undefined;
    const { storage, view } = this.of(required(tensor.node, alias.input));
    const channels = channelsOf(tensor.shape);
    if (alias.kind === 'slice') return { storage, view: { ...view, channels, offset: view.offset + alias.offset } };
    if (view.offset !== 0 || view.rowStride !== view.channels) return undefined;
    return { storage, view: contiguous(tensor.shape, view.replicaStride, view.type) };
  }

  private join(node: Node): void {
    const joint = node.outputs[0];
    if (!joint) return;
    const inputs = Object.values(node.inputs);
    const { storage, view } = this.of(joint);
    let offset = view.offset;
    for (const tensor of inputs) {
      const channels = channelsOf(tensor.shape);
      if (tensor.type === joint.type && this.mayJoin(tensor, node, inputs, storage))
        this.placements.set(tensor, { storage, view: { ...view, channels, offset } });
      offset += channels;
    }
  }

  private mayJoin(tensor: Tensor, node: Node, inputs: readonly Tensor[], storage: Storage): boolean {
    const producer = tensor.node;
    if (this.placements.has(tensor) || this.kept.has(tensor) || tensor.parameterGradient) return false;
    if (
      producer.operation.source ||
      producer.operation.alias ||
      producer.operation.standsAlone ||
      inputs.filter((input) => input === tensor).length > 1
    )
      return false;
    if (producer.outputs.some((sibling) => this.placements.get(sibling)?.storage === storage)) return false;
    const lies = (other: Tensor) => this.placements.get(this.root(other))?.storage === storage;
    if (Object.values(producer.inputs).some(lies)) return false;
    // Whoever reads the tensor must write elsewhere; a reshape wants it in one piece.
    return (this.users.get(tensor) ?? []).every(
      (user) => user === node || (user.operation.alias?.(user).kind !== 'reshape' && !this.reaches(user, lies)),
    );
  }

  /** Whether a node writes, or a slice of it lets its users write, memory of which `lies` is true. */
  private reaches(user: Node, lies: (tensor: Tensor) => boolean): boolean {
    if (user.operation.alias)
      return user.outputs.some((tensor) => (this.users.get(tensor) ?? []).some((next) => this.reaches(next, lies)));
    return user.outputs.some(lies);
  }

  /** The tensor whose memory an alias lies in. */
  private root(tensor: Tensor): Tensor {
    const alias = tensor.node.operation.alias?.(tensor.node);
    return alias ? this.root(required(tensor.node, alias.input)) : tensor;
  }
}
