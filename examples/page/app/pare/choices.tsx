import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Objective, SearchChoices } from '../../engine/search/calls.ts';
import { percent } from '../numbers.ts';
import { adapter, data } from '../state.ts';
import { begin, pared, view } from './search.ts';
import { UNITS } from './words.ts';

/** A floor that the network to be pared holds with some room; 90% where there is none. */
function usualFloor(accuracy: number | undefined): number {
  if (accuracy === undefined) return 90;
  return Math.min(99.5, Math.max(5, Math.floor(2 * (100 * accuracy - 1)) / 2));
}

/** What is to be searched for. */
export function Choices() {
  const objectiveId = useId();
  const facts = pared.value?.facts;
  const strategyChosen = useSignal<SearchChoices['strategy'] | undefined>(undefined);
  const floorTyped = useSignal<number | undefined>(undefined);
  const objective = useSignal<Objective>('parameters');
  const minutes = useSignal(3);
  const epochs = useSignal(10);
  const seed = useSignal(1);
  const parameters = useSignal<number | undefined>(undefined);
  const trials = useSignal<number | undefined>(undefined);
  const strategy = facts ? (strategyChosen.value ?? 'pare') : 'evolve';
  const floor = floorTyped.value ?? usualFloor(strategy === 'pare' ? facts?.accuracy : undefined);
  const ready = adapter.value.state === 'open' && data.value !== undefined && view.value !== undefined;
  const submit = (event: Event) => {
    event.preventDefault();
    void begin({
      ...{ floor: floor / 100, minutes: minutes.value, strategy, objective: objective.value },
      ...{ epochs: epochs.value, seed: seed.value },
      ...(parameters.value !== undefined && { parameters: parameters.value }),
      ...(trials.value !== undefined && { trials: trials.value }),
    });
  };
  return (
    <form class="choices" onSubmit={submit}>
      <fieldset>
        <legend>Begin</legend>
        <label>
          <input
            type="radio"
            name="strategy"
            checked={strategy === 'pare'}
            disabled={!facts}
            onChange={() => {
              strategyChosen.value = 'pare';
            }}
          />
          with the trained network, and take away from it
        </label>
        <label>
          <input
            type="radio"
            name="strategy"
            checked={strategy === 'evolve'}
            onChange={() => {
              strategyChosen.value = 'evolve';
            }}
          />
          from nothing
        </label>
        <p class="soft hint">
          {pared.value === undefined && 'Looks at the trained network …'}
          {pared.value &&
            !facts &&
            'There is no trained network that these images can judge: train one on them first, or search from nothing.'}
          {facts && `The trained network holds ${percent(facts.accuracy)} on the validation images that a search chooses by.`}
        </p>
      </fieldset>
      <div class="fields">
        <NumberField
          label="Accuracy to hold, %"
          value={floor}
          least={1}
          most={99.9}
          step="any"
          onValue={(value) => (floorTyped.value = value)}
        />
        <NumberField
          label="Minutes"
          value={minutes.value}
          least={0.1}
          most={600}
          step="any"
          onValue={(value) => (minutes.value = value ?? 3)}
        />
        <Field id={objectiveId} label="Made small">
          <select
            id={objectiveId}
            value={objective.value}
            onChange={({ currentTarget }) => {
              objective.value = currentTarget.value === 'bytes' ? 'bytes' : 'parameters';
            }}
          >
            <option value="parameters">{UNITS.parameters}</option>
            <option value="bytes">{UNITS.bytes}</option>
          </select>
        </Field>
      </div>
      <details>
        <summary>More choices</summary>
        <div class="fields">
          <NumberField
            label="At most so many parameters"
            value={parameters.value}
            least={1}
            step={1}
            onValue={(value) => (parameters.value = value)}
          />
          <NumberField
            label="At most so many trials"
            value={trials.value}
            least={1}
            step={1}
            onValue={(value) => (trials.value = value)}
          />
          <NumberField
            label="Passes of a full training"
            value={epochs.value}
            least={0.01}
            most={1000}
            step="any"
            onValue={(value) => (epochs.value = value ?? 10)}
          />
          <NumberField label="Seed" value={seed.value} least={0} step={1} onValue={(value) => (seed.value = value ?? 1)} />
        </div>
      </details>
      <p class="soft hint">
        What is found is confirmed within these minutes where they are enough: five trainings from nothing at full length, which
        on a slow machine take longer than all that came before. The rest stays marked as not confirmed.
      </p>
      <div class="actions">
        <button type="submit" class="primary" disabled={!ready}>
          Search
        </button>
      </div>
    </form>
  );
}

/** `id`: that of the control within. */
function Field({ id, label, children }: { readonly id: string; readonly label: string; readonly children: ComponentChildren }) {
  return (
    <label class="field" htmlFor={id}>
      <span>{label}</span>
      {children}
    </label>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly least: number;
  readonly most?: number;
  readonly step: number | 'any';
  readonly onValue: (value: number | undefined) => void;
}

function NumberField({ label, value, least, most, step, onValue }: NumberFieldProps) {
  const id = useId();
  return (
    <Field id={id} label={label}>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        value={value ?? ''}
        min={least}
        max={most}
        step={step}
        onChange={({ currentTarget }) => onValue(currentTarget.value === '' ? undefined : currentTarget.valueAsNumber)}
      />
    </Field>
  );
}
