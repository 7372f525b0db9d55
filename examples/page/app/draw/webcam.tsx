import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../messages.ts';
import { said } from './images.ts';
import { begin } from './picture.ts';

/** A camera, asked for when somebody wants it, and let go of when the picture is taken or the room is left. */
export function Webcam() {
  const video = useRef<HTMLVideoElement>(null);
  const stream = useSignal<MediaStream | undefined>(undefined);
  const off = () => {
    for (const track of stream.value?.getTracks() ?? []) track.stop();
    stream.value = undefined;
  };
  useEffect(() => off, []);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream.value ?? null;
  }, [stream.value]);
  const on = async () => {
    try {
      if (!navigator.mediaDevices) throw new Error('this page may not use one: it is not served by https or from this machine');
      stream.value = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch (error) {
      said.value = { text: `There is no picture of the camera: ${whyNot(error)}.`, bad: true };
    }
  };
  const shoot = async () => {
    if (!video.current) return;
    const { videoWidth, videoHeight } = video.current;
    if (videoWidth === 0) return;
    const side = Math.min(videoWidth, videoHeight);
    const image = await createImageBitmap(video.current, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side);
    off();
    begin({ kind: 'picture', image, name: 'the camera' });
    said.value = { text: 'Shows the middle of what the camera saw.', bad: false };
  };
  if (!stream.value)
    return (
      <button type="button" onClick={() => void on()}>
        Camera
      </button>
    );
  return (
    <>
      <video ref={video} class="camera" autoplay playsInline muted />
      <div class="actions">
        <button type="button" class="primary" onClick={() => void shoot()}>
          Take the picture
        </button>
        <button type="button" onClick={off}>
          Camera off
        </button>
      </div>
    </>
  );
}

function whyNot(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'the permission was refused; it can be given in the settings of the browser for this page';
  if (name === 'NotFoundError') return 'there is no camera';
  if (name === 'NotReadableError') return 'another program uses it';
  return messageOf(error);
}
