import { signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { Cell } from '../../engine/calls.ts';
import { count } from '../numbers.ts';
import { confusion, data, description, reports } from '../state.ts';
import { WrongImages } from './wrong-images.tsx';

/** Whose wrong images are shown. */
export const chosenCell = signal<Cell | 'all' | undefined>(undefined);

const MOST_CLASSES = 40;

/** Which classes the validation images were taken for, as a table; a cell of wrong ones shows them. */
export function Confusion() {
  // Before there are data, the places of as many classes as the network tells.
  const names =
    data.value?.classNames ??
    Array.from({ length: description.value.layers.at(-1)?.outputShape[0] ?? 0 }, (_, index) => String(index));
  if (names.length > MOST_CLASSES)
    return <p class="soft">With {count(names.length)} classes there is no room for their confusion.</p>;
  const cell = chosenCell.value;
  // Of this training alone.
  const counts = reports.value.some(({ validation }) => validation) ? confusion.value : undefined;
  return (
    <>
      <ConfusionTable names={names} counts={counts} />
      <div class="actions">
        <button
          type="button"
          aria-pressed={cell === 'all'}
          disabled={!counts}
          onClick={() => {
            chosenCell.value = cell === 'all' ? undefined : 'all';
          }}
        >
          All wrong images, the most sure first
        </button>
      </div>
      {cell !== undefined && counts && <WrongImages cell={cell} />}
    </>
  );
}

interface TableProps {
  readonly names: readonly string[];
  readonly counts: readonly (readonly number[])[] | undefined;
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Arrow keys go from button to button; one of them is reached by the Tab key. */
function ConfusionTable({ names, counts }: TableProps) {
  const table = useRef<HTMLTableElement>(null);
  const [entry, setEntry] = useState<string>();
  const first = firstWrong(counts);
  const reached = entry !== undefined && isWrong(counts, entry) ? entry : first;
  const move = (event: KeyboardEvent) => {
    const [down, right] = MOVES[event.key] ?? [0, 0];
    const from = (event.target as HTMLElement).dataset.cell?.split('-').map(Number);
    if (!from || (down === 0 && right === 0)) return;
    event.preventDefault();
    let [row = 0, column = 0] = from;
    for (;;) {
      row += down;
      column += right;
      if (row < 0 || column < 0 || row >= names.length || column >= names.length) return;
      const button = table.current?.querySelector<HTMLElement>(`[data-cell="${row}-${column}"]`);
      if (button) return button.focus();
    }
  };
  return (
    <section class="scrolls" aria-label="Confusion">
      <table class="confusion numbers" ref={table} onKeyDown={move}>
        <caption class="soft small">Rows: what an image is. Columns: what the network took it for.</caption>
        <thead>
          <tr>
            <td />
            {names.map((name, index) => (
              <th key={index} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, label) => {
            const row = counts?.[label];
            const sum = row?.reduce((total, one) => total + one, 0) ?? 0;
            return (
              <tr key={label}>
                <th scope="row">{name}</th>
                {names.map((other, predicted) => (
                  <Counted
                    key={predicted}
                    {...{ label, predicted, sum }}
                    of={row?.[predicted]}
                    text={`${name} taken for ${other}`}
                    reached={reached === `${label}-${predicted}`}
                    enter={setEntry}
                  />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

interface CountedProps extends Cell {
  readonly of: number | undefined;
  readonly sum: number;
  readonly text: string;
  readonly reached: boolean;
  enter(cell: string): void;
}

function Counted({ label, predicted, of, sum, text, reached, enter }: CountedProps) {
  const right = label === predicted;
  const chosen = chosenCell.value;
  const pressed = typeof chosen === 'object' && chosen.label === label && chosen.predicted === predicted;
  const share = of && sum > 0 ? of / sum : 0;
  // A few wrong ones are to be seen beside many right ones.
  const shade = right ? 45 * share : 45 * Math.sqrt(share);
  const style =
    share > 0 ? { background: `color-mix(in srgb, var(${right ? '--good' : '--bad'}) ${shade.toFixed(1)}%, var(--paper))` } : {};
  if (!of || right) return <td style={style}>{of ? of : <span class="soft">{of === 0 ? '·' : ''}</span>}</td>;
  return (
    <td style={style}>
      <button
        type="button"
        data-cell={`${label}-${predicted}`}
        aria-label={`${of}: ${text}`}
        aria-pressed={pressed}
        tabIndex={reached ? 0 : -1}
        onFocus={() => enter(`${label}-${predicted}`)}
        onClick={() => {
          chosenCell.value = pressed ? undefined : { label, predicted };
        }}
      >
        {of}
      </button>
    </td>
  );
}

function firstWrong(counts: TableProps['counts']): string | undefined {
  for (const [label, row] of (counts ?? []).entries())
    for (const [predicted, of] of row.entries()) if (of > 0 && label !== predicted) return `${label}-${predicted}`;
  return undefined;
}

function isWrong(counts: TableProps['counts'], cell: string): boolean {
  const [label = 0, predicted = 0] = cell.split('-').map(Number);
  return (counts?.[label]?.[predicted] ?? 0) > 0;
}
