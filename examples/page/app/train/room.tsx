import { count, percent } from '../numbers.ts';
import { adapter, canGoOn, data, isTraining, reports, training } from '../state.ts';
import { Chosen } from './chosen.tsx';
import { Confusion } from './confusion.tsx';
import { LearningCurves } from './curves.tsx';
import { Filters } from './filters.tsx';
import { KernelTimes } from './kernels.tsx';
import { SampleActivations } from './sample.tsx';
import { Status } from './status.tsx';
import { resume, start, stop } from './training.ts';
import './watch.css';

export function TrainRoom() {
  const { state } = training.value;
  const busy = isTraining.value;
  const ready = adapter.value.state === 'open' && data.value !== undefined;
  return (
    <div class="room">
      <section class="panel" aria-labelledby="chosen">
        <h2 id="chosen">What is trained</h2>
        <Chosen />
        <div class="actions">
          <button type="button" class="primary" disabled={!ready || busy} onClick={() => void start()}>
            {reports.value.length > 0 ? 'Train anew' : 'Train'}
          </button>
          {busy && (
            <button type="button" disabled={state === 'stopping'} onClick={() => void stop()}>
              Stop
            </button>
          )}
          {canGoOn.value && (
            <button type="button" disabled={!ready} onClick={() => void resume()}>
              {state === 'failed' ? 'Go on from the last checkpoint' : 'Go on'}
            </button>
          )}
        </div>
        <Status />
      </section>
      <section class="panel wide" aria-labelledby="curves">
        <h2 id="curves">Learning curves</h2>
        <LearningCurves />
        <Latest />
      </section>
      <section class="panel" aria-labelledby="confusion">
        <h2 id="confusion">What it mistakes for what</h2>
        <Confusion />
      </section>
      <section class="panel wide" aria-labelledby="layers">
        <h2 id="layers">What its layers see</h2>
        <h3>Filters of the first layer</h3>
        <Filters />
        <h3>What each layer makes of an image</h3>
        <SampleActivations />
      </section>
      <section class="panel full" aria-labelledby="kernels">
        <h2 id="kernels">Where the time goes</h2>
        <KernelTimes />
      </section>
    </div>
  );
}

function Latest() {
  const validated = reports.value.findLast(({ validation }) => validation);
  if (!validated?.validation)
    return <p class="soft latest">After each epoch it is asked for images that it was not trained on.</p>;
  return (
    <p class="latest">
      On {count(data.value?.validation ?? 0)} images that it was not trained on, after step {count(validated.step)}:{' '}
      <strong>{percent(validated.validation.accuracy)}</strong> right.
    </p>
  );
}
