import { useDroppedFile } from '../drop.ts';
import { NoNetwork } from '../no-network.tsx';
import { count } from '../numbers.ts';
import { adapter } from '../state.ts';
import { subject } from '../subject.ts';
import { failure } from './answer.ts';
import { Bars } from './bars.tsx';
import { takeImage } from './images.ts';
import { Layers } from './layers.tsx';
import { Pad } from './pad.tsx';
import { takesImages } from './picture.ts';
import { Seen } from './seen.tsx';
import { Sources } from './sources.tsx';
import './draw.css';

export function DrawRoom() {
  useDroppedFile(takeImage);
  return (
    <div class="room">
      <section class="panel" aria-labelledby="pad">
        <h2 id="pad">Draw</h2>
        <Pad />
        <Sources />
      </section>
      <section class="panel" aria-labelledby="answer">
        <h2 id="answer">What the network says</h2>
        <Asked />
        {failure.value && (
          <p class="notice bad" role="alert">
            {failure.value}
          </p>
        )}
        <Bars />
      </section>
      <section class="panel" aria-labelledby="seen">
        <h2 id="seen">What it sees</h2>
        <Seen />
      </section>
      <Layers />
    </div>
  );
}

/** Which network it is and what it takes, or what is in the way. */
function Asked() {
  const { value } = subject;
  if (adapter.value.state === 'none')
    return (
      <p class="notice">
        Without WebGPU no network answers on this page. A network leaves as files, and as pages that need none, in{' '}
        <a href="#/take">Take away</a>.
      </p>
    );
  if (!value) return <NoNetwork />;
  if (!takesImages.value || value.classNames.length === 0)
    return (
      <p class="notice">
        This network takes {value.shape.join(' x ')} numbers and{' '}
        {value.classNames.length === 0 ? 'tells no classes' : `tells ${value.classNames.length} classes`}: only one that takes
        images of one channel or three, and tells classes, can be asked here.
      </p>
    );
  const [height = 0, width = 0, channels] = value.shape;
  return (
    <p class="soft">
      {count(value.parameters)} parameters; it takes {height} x {width} pixels {channels === 1 ? 'in grey' : 'in colour'} and
      tells {value.classNames.length} classes.
      {value.scalingAssumed &&
        ` Its file does not say how pixels are scaled: black is ${value.range[0]} and white ${value.range[1]} to it.`}
    </p>
  );
}
