import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
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
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream>();
  const [why, setWhy] = useState('');
  const [name, setName] = useState('');
  const held = useRef<ReturnType<typeof setInterval>>(undefined);

  useEffect(() => {
    if (video.current && stream) video.current.srcObject = stream;
    return () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, [stream]);
  useEffect(() => release, []);

  async function open() {
    setWhy('');
    try {
      setStream(await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }));
    } catch (error) {
      const denied = error instanceof DOMException && error.name === 'NotAllowedError';
      setWhy(denied ? 'The browser was not allowed to use the camera.' : `There is no camera to be used: ${messageOf(error)}`);
    }
  }

  async function shoot() {
    const className = name.trim();
    const { current } = video;
    if (!current || current.videoWidth === 0 || className === '') return;
    try {
      const [thumbnail, bitmap] = await squared(current);
      await addPicture(className, bitmap);
      add(className, thumbnail);
    } catch (error) {
      release();
      setWhy(messageOf(error));
    }
  }
  function hold() {
    if (held.current !== undefined) return;
    void shoot();
    held.current = setInterval(() => void shoot(), EVERY);
  }
  function release() {
    clearInterval(held.current);
    held.current = undefined;
  }

  const ready = classes.value.length >= 2 && classes.value.every(({ pictures }) => pictures.length >= ENOUGH);
  return (
    <>
      <h3>Pictures of your webcam</h3>
      {!stream && (
        <button type="button" onClick={() => void open()}>
          Open the camera
        </button>
      )}
      {why && (
        <p class="notice bad" role="alert">
          {why}
        </p>
      )}
      {stream && (
        <>
          <video ref={video} class="camera" autoPlay muted playsInline aria-label="What the camera sees" />
          <div class="fields">
            <label class="grow">
              Class
              <input value={name} maxLength={60} onInput={({ currentTarget }) => setName(currentTarget.value)} />
            </label>
            <button
              type="button"
              disabled={name.trim() === ''}
              onPointerDown={hold}
              onPointerUp={release}
              onPointerLeave={release}
              onBlur={release}
              onKeyDown={(event) => {
                if (event.key !== ' ' && event.key !== 'Enter') return;
                event.preventDefault();
                hold();
              }}
              onKeyUp={release}
            >
              Hold to take pictures
            </button>
            <button type="button" onClick={() => setStream(undefined)}>
              Close
            </button>
          </div>
        </>
      )}
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

/** The middle of what the camera sees, small to be shown, and large to be trained on. */
async function squared(video: HTMLVideoElement): Promise<[string, ImageBitmap]> {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const corner = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2] as const;
  const canvas = document.createElement('canvas');
  canvas.width = THUMBNAIL;
  canvas.height = THUMBNAIL;
  canvas.getContext('2d')?.drawImage(video, ...corner, side, side, 0, 0, THUMBNAIL, THUMBNAIL);
  return [canvas.toDataURL('image/jpeg'), await createImageBitmap(video, ...corner, side, side)];
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
