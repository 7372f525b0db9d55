import { signal } from '@preact/signals';
import type { Model } from 'paredown';
import { useEffect } from 'preact/hooks';
import type { ZooEntry } from '../../engine/calls.ts';
import { engine } from '../engine.ts';
import { count } from '../numbers.ts';
import { Scrolling } from '../scrolling.tsx';
import { data } from '../state.ts';
import { replace } from './draft-state.ts';

const entries = signal<readonly ZooEntry[]>([]);

/** The networks of papers and records, as they are for these data; those that don't fit say why. */
export function ZooList() {
  const facts = data.value;
  useEffect(() => {
    if (facts)
      void engine.zoo(facts.inputShape as Model['input'], facts.classNames.length).then((found) => {
        entries.value = found;
      });
  }, [facts]);
  return (
    <Scrolling class="zoo" labelledBy="zoo">
      <table>
        <thead>
          <tr>
            <th scope="col">Network</th>
            <th scope="col">Parameters</th>
            <th scope="col">
              <span class="unseen">Take it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.value.map((entry) => (
            <tr key={entry.name}>
              <th scope="row">{entry.name}</th>
              {'model' in entry ? (
                <>
                  <td>
                    {count(entry.parameters)}
                    {entry.adapted && <span class="soft">, adapted</span>}
                  </td>
                  <td>
                    <button
                      type="button"
                      class="small"
                      aria-label={`Take ${entry.name}`}
                      onClick={() => replace(entry.model.layers)}
                    >
                      Take
                    </button>
                  </td>
                </>
              ) : (
                <td colSpan={2} class="soft">
                  Does not fit: {entry.why}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}
