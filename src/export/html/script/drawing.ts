import { contextOf } from './elements.ts';

/** The longer side in pixels: some multiple of the input's. */
const SIDE = 336;
/** Of the longer side: that of the digits of MNIST. */
const STROKE = 1 / 12;

/** A canvas on which a finger, a pen or a mouse draws in white on black, as digits are stored. */
export class Drawing {
  private readonly context: CanvasRenderingContext2D;
  private pointer: number | undefined;
  private last = { x: 0, y: 0 };
  private waiting = false;

  /** `drawn` gets what was drawn, at most once a frame. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly rows: number,
    private readonly columns: number,
    private readonly drawn: (image: ImageData) => void,
    /** Before the first stroke on a canvas that shows something else. */
    private readonly begun: () => void,
  ) {
    this.context = contextOf(canvas);
    canvas.addEventListener('pointerdown', (event) => this.down(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, () => this.up());
    this.clear();
  }

  /** An empty sheet. */
  clear(): void {
    const factor = Math.max(1, Math.round(SIDE / Math.max(this.rows, this.columns)));
    this.canvas.width = this.columns * factor;
    this.canvas.height = this.rows * factor;
    this.context.fillStyle = '#000';
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  private down(event: PointerEvent): void {
    if (this.pointer !== undefined || event.button !== 0) return;
    event.preventDefault();
    this.begun();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.placeOf(event);
    this.lineTo(this.last);
  }

  private move(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length > 0 ? between : [event]) this.lineTo(this.placeOf(one));
  }

  private up(): void {
    this.pointer = undefined;
  }

  /** Where on the canvas, which lies whole in the middle of its box. */
  private placeOf({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    const { width, height } = this.canvas;
    const factor = Math.min(box.width / width, box.height / height);
    return {
      x: (clientX - box.left - box.width / 2) / factor + width / 2,
      y: (clientY - box.top - box.height / 2) / factor + height / 2,
    };
  }

  private lineTo(to: { x: number; y: number }): void {
    const { context, canvas, last } = this;
    context.strokeStyle = '#fff';
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.lineWidth = STROKE * Math.max(canvas.width, canvas.height);
    context.beginPath();
    context.moveTo(last.x, last.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.last = to;
    this.tell();
  }

  private tell(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.drawn(this.context.getImageData(0, 0, this.canvas.width, this.canvas.height));
    });
  }
}
