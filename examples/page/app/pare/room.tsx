import { useEffect } from 'preact/hooks';
import { adapter, data, subjectVersion } from '../state.ts';
import { Choices } from './choices.tsx';
import { Evidence } from './evidence.tsx';
import { Front } from './front.tsx';
import { Keeping, Progress } from './progress.tsx';
import { lookAtSubject, searching, view } from './search.ts';
import './pare.css';

/** A search in the page: the smallest network that still holds an accuracy. */
export function PareRoom() {
  const facts = data.value;
  useEffect(() => {
    if (facts) void searching().look();
  }, [facts]);
  const isOpen = adapter.value.state === 'open';
  const version = subjectVersion.value;
  useEffect(() => {
    if (isOpen && facts) void lookAtSubject();
  }, [isOpen, facts, version]);
  const { search, study } = view.value ?? {};
  return (
    <div class="room pare">
      <section class="panel" aria-labelledby="search">
        <h2 id="search">{study ? 'The search' : 'Search for a smaller network'}</h2>
        {study && search ? <Progress study={study} search={search} /> : <Choices />}
        {!study && search?.state === 'preparing' && <p role="status">{search.what}</p>}
        {!study && search?.state === 'failed' && (
          <p class="notice bad" role="alert">
            {search.why}
          </p>
        )}
        <Keeping />
      </section>
      <section class="panel front-panel" aria-labelledby="front">
        <h2 id="front">The front so far</h2>
        {study ? <Front study={study} /> : <p class="soft">Size against accuracy, as networks are found.</p>}
      </section>
      {study && (
        <section class="panel" aria-labelledby="evidence">
          <h2 id="evidence">Evidence</h2>
          <Evidence study={study} />
        </section>
      )}
    </div>
  );
}
