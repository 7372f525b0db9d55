import { count, duration, milliseconds } from '../numbers.ts';
import { recipe, reports, training } from '../state.ts';

/** A line that says what the training does. */
export function Status() {
  const { value } = training;
  return (
    <>
      <p class="status" role="status">
        {value.state === 'compiling' &&
          (value.of > 0 ? `Compiles shaders: ${value.done} of ${value.of} are ready.` : 'Plans the training step …')}
        {value.state === 'running' && 'Trains.'}
        {value.state === 'stopping' &&
          (reports.value.length > 0 ? 'Finishes the step …' : 'Stops as soon as the shaders are compiled …')}
        {value.state === 'stopped' && 'Stopped; it can go on where it was.'}
        {value.state === 'ended' && 'Trained.'}
      </p>
      {value.state === 'failed' && (
        <p class="notice bad" role="alert">
          {value.why}
        </p>
      )}
      <Pace />
    </>
  );
}

function Pace() {
  const latest = reports.value.at(-1);
  // Its place is kept from the beginning.
  if (!latest)
    return (
      <>
        <progress max={1} value={0} aria-label="No step yet" />
        <p class="soft numbers pace">No step yet.</p>
      </>
    );
  const { step, steps, stepMs, etaMs } = latest;
  const busy = training.value.state === 'running';
  return (
    <>
      <progress max={steps} value={step} aria-label={`Step ${step} of ${steps}`} />
      <p class="soft numbers pace">
        Step {count(step)} of {count(steps)}, {milliseconds(stepMs)} a step,{' '}
        {count(Math.round((1000 * recipe.value.batch) / stepMs))} images a second
        {busy && `, ${duration(etaMs)} left`}.
      </p>
    </>
  );
}
