import { data } from './state.ts';

/** What to do where there is no network yet. */
export function NoNetwork() {
  return (
    <div class="notice" role="note">
      <p>
        There is no network yet. <a href="#/">Train one</a>
        {data.value ? ` on ${data.value.name}` : ''}, or <a href="#/take">load a file</a>.
      </p>
    </div>
  );
}
