/** Where texts are written beside their points. */
export interface PlacedLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  /** A path from the point to a text that stands apart. */
  readonly leader?: string;
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Pixels of a character and of a line, in the size of the labels. */
const CHARACTER = 6.6;
const LINE = 13;
const LONGEST = 30;
/** How far from its point a text may stand, in pixels; further than the first, a line leads to it. */
const NEAR = 8;
const DISTANCES = [NEAR, 20, 34, 48];

const DIRECTIONS = [
  [1, 0],
  [-1, 0],
  [0.7, -0.7],
  [0.7, 0.7],
  [-0.7, -0.7],
  [-0.7, 0.7],
  [0, -1],
  [0, 1],
] as const;

/**
 * Finds each text room near its point, inside the picture, that covers no point, no other text and none of `texts`. One that finds none is left
 * out: who draws says where else the name stands. `minor` ones come last, and stand beside their point or nowhere.
 */
export function placeLabels(
  points: readonly { readonly x: number; readonly y: number; readonly label?: string; readonly minor?: boolean }[],
  box: {
    readonly width: number;
    readonly height: number;
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  },
  texts: readonly PlacedLabel[] = [],
): PlacedLabel[] {
  const taken: Area[] = [
    ...points.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 })),
    ...texts.map(({ x, y, anchor, text }) => areaOf(x, y - 4, anchor, widthOf(text))),
  ];
  const inside = ({ left, right, top, bottom }: Area) =>
    left >= box.left && right <= box.width - 2 && top >= box.top && bottom <= box.height - box.bottom;
  const order = points
    .map((point, own) => ({ ...point, own }))
    .sort((a, b) => Number(a.minor ?? false) - Number(b.minor ?? false));
  return order.flatMap(({ x, y, label, minor, own }) => {
    if (label === undefined || label === '') return [];
    const characters = Array.from(label);
    const text = characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}\u2026` : label;
    const width = widthOf(text);
    for (const distance of minor ? [NEAR] : DISTANCES)
      for (const [right, down] of DIRECTIONS) {
        const anchor = right > 0 ? 'start' : right < 0 ? 'end' : 'middle';
        const [tx, ty] = [x + distance * right, y + distance * down];
        const area = areaOf(tx, ty, anchor, width);
        if (!inside(area) || taken.some((other, index) => index !== own && overlaps(area, other))) continue;
        taken.push(area);
        const leader = distance > NEAR ? `M${Math.round(x)} ${Math.round(y)}L${Math.round(tx)} ${Math.round(ty)}` : undefined;
        return [{ text, x: tx, y: ty + 4, anchor, leader }];
      }
    return [];
  });
}

function widthOf(text: string): number {
  return CHARACTER * Array.from(text).length;
}

/** Of a text whose middle line is at y. */
function areaOf(x: number, y: number, anchor: PlacedLabel['anchor'], width: number): Area {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - LINE / 2, bottom: y + LINE / 2 };
}

function overlaps(a: Area, b: Area): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
