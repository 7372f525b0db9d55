import { useId, useRef, useState } from 'preact/hooks';
import { count } from '../numbers.ts';
import { data, isTraining } from '../state.ts';
import { ADDABLE, changed, moved, type Row, withNew, without } from './draft.ts';
import { adaptedBecause, canRedo, canUndo, checked, draft, edit, redo, undo } from './draft-state.ts';
import { type Field, fieldsOf, isContainer, says, textOf, valueIn } from './fields.ts';

/** Layers as a list: fields that follow at once, buttons and keys to move, add and remove. */
export function Editor() {
  const { facts, problem } = checked.value;
  const list = useRef<HTMLOListElement>(null);
  /** Keeps the focus with a layer that moves, or goes to the next where one is removed. */
  const focus = (index: number, selector: string) =>
    requestAnimationFrame(() => {
      const rows = list.current?.children;
      rows?.[Math.min(index, rows.length - 1)]?.querySelector<HTMLElement>(selector)?.focus();
    });
  const keys = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
  };
  const total = facts.reduce((sum, { parameters }) => sum + parameters, 0);
  const macs = facts.reduce((sum, one) => sum + one.macs, 0);
  return (
    <fieldset class="plain" aria-label="Layers" onKeyDown={keys}>
      {isTraining.value && <p class="soft">What is changed here counts for the next training.</p>}
      {adaptedBecause.value && <p class="notice">{adaptedBecause.value}</p>}
      <div class="actions">
        <button type="button" disabled={!canUndo.value} onClick={undo}>
          Undo
        </button>
        <button type="button" disabled={!canRedo.value} onClick={redo}>
          Redo
        </button>
      </div>
      <p class="soft">Input: [{data.value?.inputShape.join(', ') ?? '…'}]</p>
      <ol class="layers" ref={list}>
        {draft.value.map((row, index) => (
          <LayerRow
            key={row.id}
            row={row}
            index={index}
            last={draft.value.length - 1}
            why={problem?.index === index ? problem.message : undefined}
            says={facts[index] && `[${facts[index].shape.join(', ')}], ${count(facts[index].parameters)} parameters`}
            focus={focus}
          />
        ))}
      </ol>
      <AddLayer />
      <p class="status" role="status">
        {problem ? (
          <span class="error">
            {problem.index === undefined ? problem.message : `Layer ${problem.index + 1}: ${problem.message}`}
          </span>
        ) : (
          `${count(total)} parameters, ${count(macs)} multiply-accumulates an image.`
        )}
      </p>
    </fieldset>
  );
}

interface LayerProps {
  readonly row: Row;
  readonly index: number;
  readonly last: number;
  readonly why: string | undefined;
  readonly says: string | undefined;
  focus(index: number, selector: string): void;
}

function LayerRow({ row, index, last, why, says: facts, focus }: LayerProps) {
  const { type } = row.layer;
  const title = `${index + 1}, ${type}`;
  const whyId = `why-${row.id}`;
  const move = (by: -1 | 1) => {
    edit(moved(draft.value, index, by));
    focus(index + by, by < 0 ? '.up' : '.down');
  };
  const keys = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const by = event.key === 'ArrowUp' ? -1 : 1;
    if (index + by >= 0 && index + by <= last) move(by);
  };
  return (
    <li class={why ? 'layer wrong' : 'layer'} onKeyDown={keys} aria-describedby={why ? whyId : undefined}>
      <span class="layer-name">
        {type}
        <span class="soft numbers layer-facts">{facts ?? (isContainer(type) ? '' : '-')}</span>
      </span>
      <span class="fields">
        {fieldsOf(type).map((field) => (
          <FieldInput key={field.name} row={row} index={index} field={field} />
        ))}
        {isContainer(type) && <span class="soft">Layers within this one are edited as JSON below.</span>}
      </span>
      <span class="layer-buttons">
        <button
          type="button"
          class="small up"
          disabled={index === 0}
          aria-label={`Move layer ${title} up`}
          onClick={() => move(-1)}
        >
          ↑
        </button>
        <button
          type="button"
          class="small down"
          disabled={index === last}
          aria-label={`Move layer ${title} down`}
          onClick={() => move(1)}
        >
          ↓
        </button>
        <button
          type="button"
          class="small remove"
          aria-label={`Remove layer ${title}`}
          onClick={() => {
            edit(without(draft.value, index));
            focus(index, '.remove');
          }}
        >
          ×
        </button>
      </span>
      {why && (
        <p class="error why" id={whyId}>
          {why}
        </p>
      )}
    </li>
  );
}

function FieldInput({ row, index, field }: { readonly row: Row; readonly index: number; readonly field: Field }) {
  const value = row.layer[field.name];
  const id = useId();
  const [typed, setTyped] = useState(textOf(value));
  const set = (next: unknown) => edit(changed(draft.value, index, field.name, next), `${row.id} ${field.name}`);
  return (
    <label htmlFor={id}>
      {field.name}
      {field.kind === 'choice' ? (
        <select
          id={id}
          value={textOf(value) || (field.choices[0] ?? '')}
          onChange={({ currentTarget }) => set(currentTarget.value === '' ? undefined : currentTarget.value)}
        >
          {field.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice === '' ? 'none' : choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          class="short"
          inputMode="decimal"
          value={says(typed, value) ? typed : textOf(value)}
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value);
            const next = valueIn(currentTarget.value);
            // Left empty, strides are the default.
            set(next === '' && field.name === 'strides' ? undefined : next);
          }}
        />
      )}
    </label>
  );
}

function AddLayer() {
  const [type, setType] = useState('conv2d');
  const [before, setBefore] = useState(-1);
  const { length } = draft.value;
  const at = before < 0 || before > length ? length : before;
  return (
    <div class="fields">
      <label>
        New layer
        <select value={type} onChange={({ currentTarget }) => setType(currentTarget.value)}>
          {ADDABLE.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        before
        <select value={at === length ? -1 : at} onChange={({ currentTarget }) => setBefore(Number(currentTarget.value))}>
          {draft.value.map((row, index) => (
            <option key={row.id} value={index}>
              {index + 1}, {row.layer.type}
            </option>
          ))}
          <option value={-1}>the end</option>
        </select>
      </label>
      <button type="button" onClick={() => edit(withNew(draft.value, type, at))}>
        Add
      </button>
    </div>
  );
}
