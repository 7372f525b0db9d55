/**
 * What datasets of a Keras file are called as weights, by their paths; not those that are none.
 *
 * `.keras` and `.weights.h5`: `layers/conv2d_1/vars/0` is `conv2d_1/0`, `layers/block/layers/conv2d/vars/0` is `block/layers/conv2d/0`.
 * `.h5`, as Keras wrote before: `model_weights/conv2d_1/conv2d_1/kernel:0` is `conv2d_1/kernel`, and of a model inside of the model
 * `model_weights/resnet/conv1/kernel:0` is `resnet/conv1/kernel`.
 */
export function weightNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const weights = paths.filter((path) => !SEED.test(path));
  return weights.some((path) => VARIABLE.test(path)) ? ofVariables(weights) : ofLayers(weights);
}

/** The state of random numbers, which dropout has. */
const SEED = /(^|\/)seed_generator(_\d+)?\/|(^|\/)seed_generator_state(:0)?$/;
const VARIABLE = /(^|\/)vars\/(\d+)$/;
/** TensorFlow 2.13 called them the second. */
const LAYERS = /^(layers|_layer_checkpoint_dependencies)\//;
/** What a model that is a class of its own has beside its layers. */
const BESIDE = /^(vars|optimizer|metrics|_metrics|_?loss_tracker|_?compile_metrics|_?compile_loss)\//;

function ofVariables(paths: readonly string[]): ReadonlyMap<string, string> {
  const layers = paths.filter((path) => LAYERS.test(path));
  const chosen = layers.length > 0 ? layers : paths.filter((path) => !BESIDE.test(path));
  return new Map(
    chosen.filter((path) => VARIABLE.test(path)).map((path) => [path, path.replace(LAYERS, '').replace(VARIABLE, '$1$2')]),
  );
}

const MODEL_WEIGHTS = 'model_weights/';

function ofLayers(paths: readonly string[]): ReadonlyMap<string, string> {
  const inner = paths.filter((path) => path.startsWith(MODEL_WEIGHTS));
  const chosen = inner.length > 0 ? inner : paths.filter((path) => !path.startsWith('optimizer_weights/'));
  const layers = new Map<string, { readonly path: string; readonly folder: string; readonly weight: string }[]>();
  for (const path of chosen) {
    const [layer = '', ...rest] = path.slice(inner.length > 0 ? MODEL_WEIGHTS.length : 0).split('/');
    const weight = (rest.pop() ?? '').replace(/:0$/, '');
    layers.set(layer, [...(layers.get(layer) ?? []), { path, folder: rest.join('/'), weight }]);
  }
  const named = [...layers].flatMap(([layer, weights]) => {
    // TensorFlow's scope repeats the layer's name.
    const isOneScope = weights.every(({ folder }) => folder === weights[0]?.folder);
    return weights.map(({ path, folder, weight }) => {
      const name = [layer, ...(isOneScope || folder === '' ? [] : [folder]), weight].join('/');
      return [path, name] as const;
    });
  });
  return new Map(named);
}
