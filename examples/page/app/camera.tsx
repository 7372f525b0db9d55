import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from './messages.ts';
import './camera.css';

export interface OpenCamera {
  /** The middle of what it sees, as a square; undefined before it sees anything. */
  shoot(): Promise<ImageBitmap | undefined>;
  close(): void;
}

/** A camera, asked for when somebody wants it, and let go of when it is closed or the room is left. `children`: what is done with it. */
export function Camera({ children }: { readonly children: (camera: OpenCamera) => ComponentChildren }) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream>();
  const [why, setWhy] = useState('');
  const isGone = useRef(false);
  useEffect(
    () => () => {
      isGone.current = true;
    },
    [],
  );
  useEffect(() => {
    if (video.current && stream) video.current.srcObject = stream;
    return () => stop(stream);
  }, [stream]);
  const open = async () => {
    setWhy('');
    try {
      if (!navigator.mediaDevices) throw new Error('this page may not use one: it is not served by https or from this machine');
      const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      // The room may be left while the browser asks for permission.
      if (isGone.current) stop(opened);
      else setStream(opened);
    } catch (error) {
      setWhy(`There is no picture of the camera: ${whyNot(error)}.`);
    }
  };
  const shoot = async () => {
    const { current } = video;
    if (!current || current.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
    const { videoWidth, videoHeight } = current;
    const side = Math.min(videoWidth, videoHeight);
    const canvas = new OffscreenCanvas(side, side);
    // By the processor: the GPU may be training, and a bitmap of the video itself is at times refused.
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context?.drawImage(current, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side, 0, 0, side, side);
    return canvas.transferToImageBitmap();
  };
  return (
    <>
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
          {children({ shoot, close: () => setStream(undefined) })}
        </>
      )}
    </>
  );
}

function stop(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function whyNot(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'the permission was refused; it can be given in the settings of the browser for this page';
  if (name === 'NotFoundError') return 'there is no camera';
  if (name === 'NotReadableError') return 'another program uses it';
  return messageOf(error);
}
