import type { Markup } from './markup.ts';

/** A part of a page, which can be shown by itself. */
export interface Section {
  /** Unique in its page. */
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}
