import { headPart, type PageContent } from '../../report/served/page-parts.ts';
import type { Markup } from '../../report/study/markup.ts';

/** A page that says one thing. */
export function messageContent(title: string, words: Markup): PageContent {
  return { title, parts: [headPart(title, words)] };
}
