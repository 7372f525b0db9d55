/** The element of the page that has an id, of the kind that it has there. */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} '${id}'`);
  return element;
}

/** The 2D context of a canvas whose pixels are read again and again. */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser gives no canvas to draw on; close other pages and load this one again');
  return context;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
