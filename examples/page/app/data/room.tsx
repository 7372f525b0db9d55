import { useEffect } from 'preact/hooks';
import { count } from '../numbers.ts';
import { data, isTraining } from '../state.ts';
import { chooseDigits, choosing } from './choosing.ts';
import { FileChooser } from './file-chooser.tsx';
import { Samples } from './samples.tsx';
import { Webcam } from './webcam.tsx';
import './data.css';

/** What is trained on: seen, and chosen anew. */
export function DataRoom() {
  useEffect(() => {
    // What misses the field would be opened instead of the page.
    const stay = (event: DragEvent) => event.preventDefault();
    addEventListener('dragover', stay);
    addEventListener('drop', stay);
    return () => {
      removeEventListener('dragover', stay);
      removeEventListener('drop', stay);
    };
  }, []);
  const facts = data.value;
  return (
    <div class="room">
      <section class="panel" aria-labelledby="choose-data">
        <h2 id="choose-data">Choose data</h2>
        {isTraining.value && (
          <p class="notice">A training is under way; other data can be chosen when it has ended or was stopped.</p>
        )}
        <fieldset class="plain" disabled={isTraining.value || choosing.value.state === 'reading'}>
          <legend class="unseen">Choose data</legend>
          <h3>Digits, built in</h3>
          <p class="soft">14,000 drawn digits of 28 x 28 pixels, made on the spot; nothing is loaded.</p>
          <button type="button" onClick={() => void chooseDigits()}>
            Use the digits
          </button>
          <FileChooser />
          <Webcam />
        </fieldset>
      </section>
      <section class="panel wide" aria-labelledby="data">
        <h2 id="data">The data</h2>
        <Outcome />
        {facts && (
          <p>
            <strong>{facts.name}</strong>: {facts.classNames.length} classes, images of {facts.inputShape.slice(0, 2).join(' x ')}
            , {facts.inputShape[2] === 3 ? 'in colour' : 'grey'}; {count(facts.train)} to train on, {count(facts.validation)} to
            watch the training by, {count(facts.test)} to judge it by in the end.
          </p>
        )}
        <Samples />
      </section>
    </div>
  );
}

function Outcome() {
  const { value } = choosing;
  return (
    <>
      <div role="status">
        {value.state === 'reading' && (
          <p>
            {value.of > 0 ? `Reads ${count(value.done)} of ${count(value.of)} …` : 'Looks what there is …'}
            <progress {...(value.of > 0 && { max: value.of, value: value.done })} aria-label="Reading" />
          </p>
        )}
        {value.state === 'chosen' &&
          value.notes.map((note) => (
            <p class="notice" key={note}>
              {note}
            </p>
          ))}
      </div>
      {value.state === 'failed' && (
        <p class="notice bad" role="alert">
          {value.why}
        </p>
      )}
    </>
  );
}
