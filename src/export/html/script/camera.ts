import { contextOf, messageOf } from './elements.ts';
import { canvasOf } from './picture.ts';

/** Between two pictures. */
const PAUSE_MS = 100;
/** The longer side of a picture. */
const SIDE = 480;

/** The pictures of a camera, as long as it is on, cut to the shape of the network's input. */
export class Camera {
  private stream: MediaStream | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly context: CanvasRenderingContext2D;

  /** `columns` by `rows` is the shape; `took` gets each picture. */
  constructor(
    private readonly video: HTMLVideoElement,
    rows: number,
    columns: number,
    private readonly took: (image: ImageData) => void,
  ) {
    const factor = SIDE / Math.max(rows, columns);
    this.context = contextOf(canvasOf(Math.max(1, Math.round(columns * factor)), Math.max(1, Math.round(rows * factor))));
  }

  /** Whether there may be one: browsers have none for pages that come over an open connection. */
  static get isThere(): boolean {
    return navigator.mediaDevices?.getUserMedia !== undefined;
  }

  get isOn(): boolean {
    return this.stream !== undefined;
  }

  /** Throws an error for the person whose browser has no camera, or does not allow it. */
  async start(): Promise<void> {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch (error) {
      const denied = error instanceof DOMException && error.name === 'NotAllowedError';
      const absent = error instanceof DOMException && error.name === 'NotFoundError';
      if (denied) throw new Error('The camera is not allowed here; allow it in the browser, or choose an image');
      throw new Error(absent ? 'There is no camera; choose an image instead' : `The camera can't be used: ${messageOf(error)}`);
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.next();
  }

  stop(): void {
    clearTimeout(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
  }

  private next(): void {
    const { videoWidth, videoHeight } = this.video;
    const { width, height } = this.context.canvas;
    if (videoWidth > 0) {
      // The largest part of that shape, in the middle.
      const factor = Math.min(videoWidth / width, videoHeight / height);
      const [across, down] = [width * factor, height * factor];
      this.context.drawImage(this.video, (videoWidth - across) / 2, (videoHeight - down) / 2, across, down, 0, 0, width, height);
      this.took(this.context.getImageData(0, 0, width, height));
    }
    this.timer = setTimeout(() => this.next(), PAUSE_MS);
  }
}
