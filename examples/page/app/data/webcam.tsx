import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Camera } from '../camera.tsx';
import { engine } from '../engine.ts';
import { messageOf } from '../messages.ts';
import { addPicture, choosePictures } from './choosing.ts';

interface Shots {
  readonly name: string;
  /** Small pictures, for the page alone. */
  readonly pictures: readonly { readonly id: number; readonly canvas: string }[];
}

const classes = signal<readonly Shots[]>([]);
const ENOUGH = 3;
/** Between two pictures while the button is held, in milliseconds. */
const EVERY = 250;
const THUMBNAIL = 48;
let ids = 0;

/** Classes of pictures made here: name one, hold the button, and again for the next. */
export function Webcam() {
  const [why, setWhy] = useState('');
  const [name, setName] = useState('');
  const held = useRef<ReturnType<typeof setInterval>>(undefined);
  useEffect(() => release, []);

  async function take(shoot: () => Promise<ImageBitmap | undefined>) {
    const className = name.trim();
    if (className === '') return;
    try {
      const picture = await shoot();
      if (!picture) return;
      const thumbnail = thumbnailOf(picture);
      await addPicture(className, picture);
      add(className, thumbnail);
      setWhy('');
    } catch (error) {
      release();
      setWhy(messageOf(error));
    }
  }
  function hold(shoot: () => Promise<ImageBitmap | undefined>) {
    if (held.current !== undefined) return;
    void take(shoot);
    held.current = setInterval(() => void take(shoot), EVERY);
  }
  function release() {
    clearInterval(held.current);
    held.current = undefined;
  }

  const ready = classes.value.length >= 2 && classes.value.every(({ pictures }) => pictures.length >= ENOUGH);
  return (
    <>
      <h3>Pictures of your webcam</h3>
      {why && (
        <p class="notice bad" role="alert">
          {why}
        </p>
      )}
      <Camera>
        {({ shoot, close }) => (
          <div class="fields">
            <label class="grow">
              Class
              <input value={name} maxLength={60} onInput={({ currentTarget }) => setName(currentTarget.value)} />
            </label>
            <button
              type="button"
              disabled={name.trim() === ''}
              onPointerDown={() => hold(shoot)}
              onPointerUp={release}
              onPointerLeave={release}
              onBlur={release}
              onKeyDown={(event) => {
                if (event.key !== ' ' && event.key !== 'Enter') return;
                event.preventDefault();
                hold(shoot);
              }}
              onKeyUp={release}
            >
              Hold to take pictures
            </button>
            <button type="button" onClick={close}>
              Close
            </button>
          </div>
        )}
      </Camera>
      {classes.value.map(({ name: className, pictures }) => (
        <section key={className} aria-label={`Pictures of ${className}`}>
          <p>
            <strong>{className}</strong> <span class="soft">{pictures.length} pictures</span>{' '}
            <button
              type="button"
              class="small"
              onClick={() => void removeClass(className)}
              aria-label={`Delete the class ${className}`}
            >
              Delete all
            </button>
          </p>
          <div class="thumbnails">
            {pictures.map(({ id, canvas }, index) => (
              <button
                key={id}
                type="button"
                class="shot"
                aria-label={`Delete picture ${index + 1} of ${className}`}
                onClick={() => void remove(className, index)}
              >
                <img src={canvas} width={THUMBNAIL} height={THUMBNAIL} alt="" />
              </button>
            ))}
          </div>
        </section>
      ))}
      {classes.value.length > 0 && (
        <>
          {!ready && <p class="soft">Two classes at least are needed, with {ENOUGH} pictures each; a few dozen are better.</p>}
          <button type="button" disabled={!ready} onClick={() => void choosePictures()}>
            Use the pictures
          </button>
        </>
      )}
    </>
  );
}

/** Small, to be shown. */
function thumbnailOf(picture: ImageBitmap): string {
  const canvas = document.createElement('canvas');
  canvas.width = THUMBNAIL;
  canvas.height = THUMBNAIL;
  canvas.getContext('2d')?.drawImage(picture, 0, 0, THUMBNAIL, THUMBNAIL);
  return canvas.toDataURL('image/jpeg');
}

function add(name: string, canvas: string): void {
  const picture = { id: ids++, canvas };
  const own = classes.value.find((one) => one.name === name);
  classes.value = own
    ? classes.value.map((one) => (one === own ? { name, pictures: [...own.pictures, picture] } : one))
    : [...classes.value, { name, pictures: [picture] }];
}

async function remove(name: string, index: number): Promise<void> {
  await engine.removePicture(name, index);
  classes.value = classes.value.map((one) => (one.name === name ? { name, pictures: one.pictures.toSpliced(index, 1) } : one));
}

async function removeClass(name: string): Promise<void> {
  await engine.removePictures(name);
  classes.value = classes.value.filter((one) => one.name !== name);
}
