import { Files } from './files.tsx';
import { Load } from './load.tsx';
import './take.css';

export function TakeRoom() {
  return (
    <div class="room">
      <section class="panel wide" aria-labelledby="leave">
        <h2 id="leave">Take it away</h2>
        <Files />
      </section>
      <Load />
    </div>
  );
}
