import type { Activation } from '../core/activation.ts';
import type { Value } from '../core/value.ts';
import { initialValue } from '../model/initialise.ts';
import { layerList, type Parameter, type ResolvedLayer } from '../model/resolve.ts';
import type { Weights } from '../model/weights.ts';
import { aligned } from './align.ts';
import type { Features } from './features.ts';
import { type Fold, foldOf } from './fold.ts';
import { type Importance, importanceIn } from './importance.ts';
import { choosesFeatures, likeness, ruleOf } from './layers/registry.ts';
import type { Handover, Wanted } from './rule.ts';
import type { Sensitivity } from './sensitivity.ts';

/** Goes through the layers of two networks, and makes the weights of the second of those of the first. */
export class Walk implements Handover {
  readonly made = new Map<string, Value>();
  readonly importance: Importance;
  readonly taps = new Map<string, Features>();
  readonly outputs = new Map<string, Features['sources']>();
  fold: Fold | undefined;
  lost: Activation | undefined;
  readers: readonly number[] | undefined;
  private readonly streams: ReadonlyMap<string, number>;

  constructor(
    parents: readonly ResolvedLayer[],
    private readonly parentWeights: Weights,
    children: readonly ResolvedLayer[],
    private readonly seed: number,
    given: Sensitivity,
  ) {
    const { made, read } = importanceIn(parents, parentWeights);
    this.importance = { made: new Map([...made, ...Object.entries(given)]), read };
    const parameters = layerList(children).flatMap((layer) => layer.parameters);
    this.streams = new Map(parameters.map(({ name }, index) => [name, index]));
  }

  through(parents: readonly ResolvedLayer[], children: readonly ResolvedLayer[], given: Features, wanted?: Wanted): Features {
    const chooser = wanted && children.filter(({ layer }) => choosesFeatures(layer)).at(-1);
    const stretches = aligned(parents, children, (parent, child) => likeness(parent.layer, child.layer));
    let features = given;
    let folded: ResolvedLayer | undefined;
    stretches.forEach(({ removed, inserted, kept }, index) => {
      for (const parent of removed) if (parent !== folded) features = ruleOf(parent.layer).removed(this, parent, features);
      this.readers = kept && this.importance.read.get(kept.parent.name);
      for (const child of inserted)
        features = ruleOf(child.layer).inserted(this, child, features, child === chooser ? wanted : undefined);
      if (!kept) return;
      const { parent, child } = kept;
      folded = stretches[index + 1]?.removed[0];
      this.fold = folded && foldOf(folded, parent, this);
      if (!this.fold) folded = undefined;
      features = ruleOf(child.layer).kept(this, parent, child, features, child === chooser ? wanted : undefined);
      this.fold = undefined;
    });
    return features;
  }

  parent({ weightsOf }: ResolvedLayer, role: string): Value | undefined {
    return this.parentWeights.get(`${weightsOf}/${role}`);
  }

  parameter({ parameters, name }: ResolvedLayer, role: string): Parameter | undefined {
    return parameters.find((parameter) => parameter.name === `${name}/${role}`);
  }

  fresh(parameter: Parameter): Float32Array {
    return initialValue(parameter, this.streams.get(parameter.name) ?? 0, this.seed);
  }

  give({ name, shape }: Parameter, data: Float32Array): void {
    this.made.set(name, { shape, data });
  }
}
