import type { Point, StudyView } from '../../engine/search/calls.ts';
import { count, percent } from '../numbers.ts';
import { Scrolling } from '../scrolling.tsx';
import { askedOf } from './follow.ts';
import { FrontChart } from './front-chart.tsx';
import { asked, choose, chosen, train } from './search.ts';
import { costOf, evidenceInShort, evidenceInWords } from './words.ts';

/** The front found so far: as a chart, as a slider, and as a table of the same networks. */
export function Front({ study }: { readonly study: StudyView }) {
  const { front, objective } = study;
  if (front.length === 0) return <p class="soft">The networks that come to something are drawn here as they are found.</p>;
  const at = indexOf(front, chosen.value);
  const point = front[at];
  return (
    <>
      <FrontChart study={study} chosen={chosen.value} />
      <label class="slider">
        <span>Smaller or more accurate: the networks of the front, by {objective === 'bytes' ? 'bytes' : 'parameters'}</span>
        <input
          type="range"
          min={0}
          max={front.length - 1}
          step={1}
          value={at}
          disabled={front.length < 2}
          aria-valuetext={point && `${costOf(point, objective)}, ${percent(point.accuracy)}, ${evidenceInShort(point)}`}
          onInput={({ currentTarget }) => {
            const moved = front[currentTarget.valueAsNumber];
            if (moved) choose(moved);
          }}
        />
      </label>
      <Chosen study={study} />
      <div class="front-table">
        <table class="front">
          <caption class="soft">
            No other network that was tried is both smaller and more accurate than one of these; with them those that were
            confirmed.
          </caption>
          <thead>
            <tr>
              <th scope="col">{objective === 'bytes' ? 'bytes' : 'parameters'}</th>
              <th scope="col">validation</th>
              <th scope="col">what it stands on</th>
            </tr>
          </thead>
          <tbody>
            {front.map((one) => (
              <tr key={one.network} class={one.key === study.best ? 'best' : undefined}>
                <td>
                  <label>
                    <input
                      type="radio"
                      name="network"
                      checked={chosen.value?.network === one.network}
                      onChange={() => choose(one)}
                    />
                    {count(Math.round(one.cost))}
                  </label>
                </td>
                <td>{percent(one.accuracy)}</td>
                <td>
                  {one.key === study.best && <strong>the answer: </strong>}
                  {evidenceInShort(one)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {chosen.value && <Layers point={chosen.value} />}
    </>
  );
}

/** Of the network that is looked at, or the one that came next to it. */
function indexOf(front: readonly Point[], point: Point | undefined): number {
  if (!point) return front.length - 1;
  const same = front.findIndex(({ network }) => network === point.network);
  if (same >= 0) return same;
  const larger = front.findIndex(({ cost }) => cost >= point.cost);
  return larger < 0 ? front.length - 1 : larger;
}

/** The network that is looked at. */
function Chosen({ study }: { readonly study: StudyView }) {
  const { value: last } = chosen;
  if (!last)
    return (
      <p class="chosen soft">Move the slider, or choose a network: its layers are shown below, and it is loaded to be tried.</p>
    );
  // What is known of it now.
  const now = study.front.find(({ network }) => network === last.network);
  const point = now ?? last;
  return (
    <section class="chosen" aria-labelledby="chosen-network">
      <h3 id="chosen-network">
        {costOf(point, study.objective)}
        {study.objective === 'bytes' && `, ${count(point.parameters)} parameters`}
      </h3>
      <p>
        {evidenceInWords(point, study)}
        {!now && ' A better one was found since.'}
      </p>
      <Asked point={point} />
    </section>
  );
}

function Layers({ point }: { readonly point: Point }) {
  return (
    <>
      <h3 id="chosen-layers">Its layers</h3>
      <Scrolling class="layers scrolls" labelledBy="chosen-layers">
        <pre>{point.layers}</pre>
      </Scrolling>
    </>
  );
}

/** Whether it is the network that is asked, or how it becomes so. */
function Asked({ point }: { readonly point: Point }) {
  const mine = askedOf(point, asked.value);
  const isLost = mine ? mine.state === 'lost' || (mine.state === 'failed' && !point.kept) : !point.kept;
  return (
    <div class="asked">
      <p role="status">
        {mine?.state === 'loading' && 'Loads its weights …'}
        {mine?.state === 'training' && 'Trains it, once, from nothing …'}
        {mine?.state === 'loaded' && 'It is loaded: the other rooms of this page ask this network now.'}
        {mine?.state === 'loaded' &&
          mine.loaded.accuracy !== undefined &&
          ` This training of it came to ${percent(mine.loaded.accuracy)} on validation images.`}
        {isLost && 'Its weights are not kept.'}
      </p>
      {mine?.state === 'failed' && (
        <p class="notice bad" role="alert">
          {mine.why}
        </p>
      )}
      {(isLost || mine?.state === 'training') && (
        <button type="button" disabled={mine?.state === 'training'} onClick={() => void train(point)}>
          Train it, to try it
        </button>
      )}
    </div>
  );
}
