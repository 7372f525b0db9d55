import type { PageClass } from './classifier.ts';
import { byId, messageOf } from './elements.ts';

/** So many classes keep their places; of more the most probable are shown, in their order. */
const MOST_ROWS = 12;
/** A screen reader is told what there is when it has stood for so long. */
const SETTLED_MS = 700;

interface Row {
  readonly item: HTMLElement;
  readonly name: HTMLElement;
  readonly bar: HTMLElement;
  readonly share: HTMLElement;
}

/** The part of the page that tells the classes. */
export class Answer {
  private readonly rows: readonly Row[];
  private readonly top = byId('top', HTMLElement);
  private readonly sure = byId('sure', HTMLElement);
  private readonly status = byId('status', HTMLElement);
  private readonly message = byId('message', HTMLElement);
  private settling: ReturnType<typeof setTimeout> | undefined;

  /** `nothing`: what is said while there is nothing to classify. */
  constructor(
    private readonly names: readonly string[],
    private readonly nothing: string,
  ) {
    const list = byId('classes', HTMLElement);
    this.rows = Array.from({ length: Math.min(names.length, MOST_ROWS) }, newRow);
    list.append(...this.rows.map(({ item }) => item));
    this.show(undefined);
  }

  /** What is found by `find`, or why there is nothing to find. */
  attempt(find: () => readonly PageClass[] | undefined): void {
    try {
      this.show(find());
    } catch (error) {
      this.show(undefined);
      this.fail(messageOf(error));
    }
  }

  fail(message: string): void {
    this.message.textContent = message;
  }

  /** Classes, the most probable first. */
  show(classes: readonly PageClass[] | undefined): void {
    this.message.textContent = '';
    const [first] = classes ?? [];
    const shown = this.names.length > MOST_ROWS ? classes : classes && [...classes].sort((a, b) => a.index - b.index);
    this.rows.forEach((row, place) => {
      const one = shown?.[place];
      row.name.textContent = one?.class ?? (this.names.length > MOST_ROWS ? '' : (this.names[place] ?? ''));
      row.bar.style.width = `${100 * (one?.probability ?? 0)}%`;
      row.share.textContent = one ? percent(one.probability) : '';
      row.item.classList.toggle('first', one !== undefined && one === first);
    });
    this.top.textContent = first?.class ?? this.nothing;
    this.top.classList.toggle('nothing', !first);
    this.sure.textContent = first ? percent(first.probability) : '';
    const told = first ? `${first.class}, ${percent(first.probability)}` : this.nothing;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.status.textContent = told;
    }, SETTLED_MS);
  }
}

function newRow(): Row {
  const [item, name, track, bar, share] = ['li', 'span', 'span', 'span', 'span'].map((tag) => document.createElement(tag)) as [
    ...[HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement],
  ];
  name.className = 'name';
  track.className = 'track';
  bar.className = 'bar';
  share.className = 'share';
  track.append(bar);
  item.append(name, track, share);
  return { item, name, bar, share };
}

/** Never 100% of what is not certain. */
function percent(probability: number): string {
  const text = (100 * probability).toFixed(1);
  return `${text === '100.0' && probability < 1 ? '> 99.9' : text}%`;
}
