import type { ComponentChildren } from 'preact';

type Named = { readonly label: string } | { readonly labelledBy: string };

/** A part of the page that scrolls by itself: it has a name, and the keyboard reaches it. */
export function Scrolling({
  class: name,
  children,
  ...named
}: Named & { readonly class: string; readonly children: ComponentChildren }) {
  const names = 'label' in named ? { 'aria-label': named.label } : { 'aria-labelledby': named.labelledBy };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without the tab stop nobody could scroll it by keys (axe: scrollable-region-focusable)
    <section class={name} {...names} tabIndex={0}>
      {children}
    </section>
  );
}
