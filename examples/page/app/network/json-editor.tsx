import { useState } from 'preact/hooks';
import { messageOf } from '../messages.ts';
import { checked, draft, replace } from './draft-state.ts';

/** The layers as JSON: what the list does not edit, to be copied out and in. */
export function JsonEditor() {
  const [typed, setTyped] = useState<string>();
  const [why, setWhy] = useState('');
  const layers = checked.value.model?.layers ?? draft.value.map(({ layer }) => layer);
  function apply() {
    try {
      replace(layersOf(JSON.parse(typed ?? '')));
      setTyped(undefined);
      setWhy('');
    } catch (error) {
      setWhy(messageOf(error));
    }
  }
  return (
    <details>
      <summary>As JSON</summary>
      <label>
        <span class="unseen">Layers as JSON</span>
        <textarea
          class="json"
          rows={16}
          spellcheck={false}
          value={typed ?? JSON.stringify(layers, null, 1)}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          aria-invalid={why !== ''}
        />
      </label>
      <div class="actions">
        <button type="button" disabled={typed === undefined} onClick={apply}>
          Take it
        </button>
        <button
          type="button"
          disabled={typed === undefined}
          onClick={() => {
            setTyped(undefined);
            setWhy('');
          }}
        >
          Leave it
        </button>
      </div>
      {why && (
        <p class="notice bad" role="alert">
          {why}
        </p>
      )}
    </details>
  );
}

/** Of a list of layers, or of a model. */
function layersOf(value: unknown): readonly unknown[] {
  const layers = typeof value === 'object' && value !== null && 'layers' in value ? value.layers : value;
  if (!Array.isArray(layers) || layers.length === 0)
    throw new Error('Expected a list of layers, [{ "type": "flatten" }, ...], or a model that has one.');
  const wrong = layers.findIndex((layer) => typeof layer !== 'object' || layer === null || typeof layer.type !== 'string');
  if (wrong >= 0) throw new Error(`Layer ${wrong + 1} has no type; expected { "type": "conv2d", ... }.`);
  return layers;
}
