import { useEffect, useState } from 'preact/hooks';
import type { SearchState, StudyView } from '../../engine/search/calls.ts';
import { count, duration } from '../numbers.ts';
import { discard, goOn, stop, toldAt, view } from './search.ts';
import { floorOf, inWords, UNITS } from './words.ts';

/** Minutes by which a search is made longer. */
const MORE = 3;

/** The study: what it is of, what it does now, what became of its trials, and what can be done with it. */
export function Progress({ study, search }: { readonly study: StudyView; readonly search: SearchState }) {
  const { state } = search;
  const busy = state !== 'resting' && state !== 'failed';
  const left = study.minutes - study.spentMinutes;
  const { trained, stopped, diverged, refused } = study.trials;
  return (
    <>
      <p>
        The network with the fewest {UNITS[study.objective]} that holds <strong>{floorOf(study)}</strong> on {study.data},{' '}
        {study.strategy === 'pare' ? 'taken away from the trained one' : 'searched for from nothing'}.
      </p>
      <p class="status" role="status">
        {stateInWords(study, search)}
      </p>
      {busy && <Now search={search} />}
      <TimeLeft study={study} busy={busy} />
      {state === 'failed' && (
        <p class="notice bad" role="alert">
          {search.why}
        </p>
      )}
      {study.obstacle !== undefined && <p class="notice">{study.obstacle}</p>}
      <dl class="facts counts numbers">
        <Count name="trained" value={trained} />
        <Count name="stopped early" value={stopped} />
        <Count name="diverged" value={diverged} />
        <Count name="refused" value={refused} />
      </dl>
      {study.setback !== undefined && <p class="soft hint">The latest trial came to nothing: {study.setback}.</p>}
      <p class="soft hint">
        A network is confirmed by {inWords(study.confirmationSeeds)} trainings from nothing of {count(study.fullSamples)} images
        each
        {study.confirmationMs === undefined ? '.' : `: the next one would take about ${duration(study.confirmationMs)} here.`}
      </p>
      <div class="actions">
        {(state === 'searching' || state === 'preparing') && (
          <button type="button" onClick={() => void stop(false)}>
            Stop
          </button>
        )}
        {state === 'stopping' && (
          <button type="button" onClick={() => void stop(true)}>
            Stop at once, this training is lost
          </button>
        )}
        {!busy && study.obstacle === undefined && !study.ended && left > 0 && (
          <button type="button" class="primary" onClick={() => void goOn()}>
            Go on
          </button>
        )}
        {!busy && study.obstacle === undefined && !study.exhausted && (study.ended || left <= 0) && (
          <button type="button" onClick={() => void goOn(MORE)}>
            {MORE} minutes more
          </button>
        )}
        {!busy && <Discard />}
      </div>
    </>
  );
}

function stateInWords(study: StudyView, search: SearchState): string {
  switch (search.state) {
    case 'preparing':
      return search.what;
    case 'searching':
      return 'Searches.';
    case 'stopping':
      return 'Stops as soon as the training that runs has ended …';
    case 'testing':
      return `Looks at the test images: network ${search.done} of ${search.of}.`;
    default:
      if (study.exhausted)
        return study.strategy === 'pare' && study.front.length < 2
          ? 'There was nothing to take away: the network does not hold the floor with what a trial may take. Discard this study and ask for less, or give more minutes.'
          : 'There was nothing more to try.';
      return study.ended ? 'Ended.' : 'Rests; it can go on where it was.';
  }
}

function Count({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{count(value)}</dd>
    </div>
  );
}

function Now({ search }: { readonly search: SearchState }) {
  const running = search.state === 'searching' || search.state === 'stopping' ? search.running : undefined;
  const trainings = running && running.seeds * running.rates;
  return (
    <p class="now soft numbers">
      {running
        ? `Trains ${count(running.parameters)} parameters on ${count(running.samples)} images${trainings === 1 ? '' : `, ${trainings} times side by side`}: ${running.change}`
        : ''}
    </p>
  );
}

/** A clock that ticks while the search goes on. */
function useNow(ticks: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!ticks) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ticks]);
  return now;
}

function TimeLeft({ study, busy }: { readonly study: StudyView; readonly busy: boolean }) {
  const now = useNow(busy);
  const since = busy ? Math.max(0, now - toldAt.value) / 60_000 : 0;
  const spent = Math.min(study.minutes, study.spentMinutes + since);
  const { trained, stopped, diverged, refused } = study.trials;
  const tried = trained + stopped + diverged + refused;
  return (
    <>
      <progress max={study.minutes || 1} value={spent} aria-label="Time of the search" />
      <p class="soft numbers">
        {duration(60_000 * spent)} of {duration(60_000 * study.minutes)}, {duration(60_000 * (study.minutes - spent))} left;{' '}
        {tried === 1 ? '1 trial' : `${count(tried)} trials`}
        {study.mostTrials !== undefined && `, at most ${count(study.mostTrials)} and the confirmation`}.
      </p>
    </>
  );
}

/** Asks once more before a study is lost. */
function Discard() {
  const [asks, setAsks] = useState(false);
  if (!asks)
    return (
      <button type="button" onClick={() => setAsks(true)}>
        Discard …
      </button>
    );
  return (
    <>
      <button type="button" onClick={() => void discard()}>
        Yes, discard the study and its networks
      </button>
      <button type="button" onClick={() => setAsks(false)}>
        Keep it
      </button>
    </>
  );
}

/** What a person should know of how the study is kept. */
export function Keeping() {
  const { notKept, problems = [] } = view.value ?? {};
  return (
    <>
      {notKept !== undefined && (
        <p class="notice">
          This browser does not keep the study: {notKept}. The search goes on in memory, and is lost with the page; download it to
          keep it.
        </p>
      )}
      {problems.length > 0 && (
        <div class="notice">
          <p>Not all that was kept could be read:</p>
          <ul>
            {problems.slice(0, 5).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
