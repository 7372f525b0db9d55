import type { Answer } from './answer.ts';
import { Camera } from './camera.ts';
import type { PageClassifier } from './classifier.ts';
import { Drawing } from './drawing.ts';
import { byId, contextOf, messageOf } from './elements.ts';
import { pixelsOfFile, show, showBytes } from './picture.ts';

/** The part of the page that takes images: drawn, chosen, dropped, pasted, or of a camera. */
export class Images {
  private readonly stage = byId('stage', HTMLElement);
  private readonly canvas = byId('canvas', HTMLCanvasElement);
  private readonly video = byId('video', HTMLVideoElement);
  private readonly seen = byId('seen', HTMLCanvasElement);
  private readonly cameraButton = byId('camera', HTMLButtonElement);
  private readonly invert = document.getElementById('invert');
  private readonly drawing: Drawing | undefined;
  private readonly camera: Camera;
  /** What is classified; undefined for an empty page. */
  private image: ImageData | undefined;
  /** How many images were asked for: one that is read when another has come is dropped. */
  private asked = 0;

  constructor(
    private readonly network: PageClassifier,
    private readonly answer: Answer,
  ) {
    const [rows = 1, columns = 1, channels = 1] = network.shape;
    // As the input, but none so long that it would not fit a window.
    this.stage.style.aspectRatio = `${Math.min(Math.max(columns / rows, 0.6), 4)}`;
    if (channels === 1)
      this.drawing = new Drawing(
        this.canvas,
        rows,
        columns,
        (image) => this.take(image, 'drawing'),
        () => this.sheet(),
      );
    this.camera = new Camera(this.video, rows, columns, (image) => this.take(image, 'camera'));
    this.cameraButton.hidden = !Camera.isThere;
    this.clear();
  }

  listen(): void {
    const file = byId('file', HTMLInputElement);
    byId('clear', HTMLButtonElement).addEventListener('click', () => this.clear());
    byId('choose', HTMLButtonElement).addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      this.read(file.files?.[0]);
      file.value = '';
    });
    this.cameraButton.addEventListener('click', () => this.switchCamera());
    this.invert?.addEventListener('change', () => this.classify());
    document.addEventListener('paste', ({ clipboardData }) => {
      this.read(
        [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/')),
        'what was pasted',
      );
    });
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      this.stage.classList.add('dropping');
    });
    document.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) this.stage.classList.remove('dropping');
    });
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      this.stage.classList.remove('dropping');
      this.read(event.dataTransfer?.files[0], 'what was dropped');
    });
  }

  private async read(file: File | undefined, what?: string): Promise<void> {
    if (!file) {
      if (what) this.answer.fail(`There is no image in ${what}`);
      return;
    }
    const turn = ++this.asked;
    try {
      const image = await pixelsOfFile(file);
      if (turn === this.asked) this.take(image, 'picture');
    } catch (error) {
      if (turn === this.asked) this.answer.fail(messageOf(error));
    }
  }

  private async switchCamera(): Promise<void> {
    if (this.camera.isOn) return this.clear();
    const turn = ++this.asked;
    this.cameraButton.disabled = true;
    try {
      await this.camera.start();
      if (turn === this.asked) this.cameraButton.textContent = 'Stop camera';
      else this.camera.stop();
    } catch (error) {
      this.camera.stop();
      this.answer.fail(messageOf(error));
    }
    this.cameraButton.disabled = false;
  }

  private take(image: ImageData, of: 'drawing' | 'picture' | 'camera'): void {
    if (of !== 'camera') this.endCamera();
    if (of === 'picture') show(image, this.canvas);
    this.stage.dataset.shows = of;
    this.image = image;
    this.classify();
  }

  /** An empty page. */
  private clear(): void {
    this.asked++;
    this.endCamera();
    this.image = undefined;
    this.stage.dataset.shows = 'nothing';
    if (this.drawing) this.drawing.clear();
    else contextOf(this.canvas).clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.classify();
  }

  /** Before a stroke: what is not a drawing makes room for one. */
  private sheet(): void {
    if (this.stage.dataset.shows !== 'drawing') this.clear();
  }

  private endCamera(): void {
    if (this.camera.isOn) this.camera.stop();
    this.cameraButton.textContent = 'Camera';
  }

  private classify(): void {
    const { image } = this;
    const isInverted = this.invert instanceof HTMLInputElement && this.invert.checked;
    this.stage.classList.toggle('inverted', isInverted);
    this.answer.attempt(() => {
      const bytes = image && this.network.pixels(image);
      const sample = bytes && isInverted ? bytes.map((byte) => 255 - byte) : bytes;
      showBytes(sample ?? new Uint8Array(), this.network.shape, this.seen);
      return sample && this.network.classify(sample);
    });
  }
}
