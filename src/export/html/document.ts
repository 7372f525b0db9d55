import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64 } from '../../core/base64.ts';
import { html, Markup } from '../../core/markup.ts';
import type { Shape } from '../../core/value.ts';
import { VERSION } from '../../core/version.ts';
import type { Content } from './content.ts';
import NETWORK_SCRIPT from './script/network.ts?script';
import PAGE_SCRIPT from './script/page.ts?script';
import { STYLE } from './style.ts';

/** What the page is about, beside the network itself. */
export interface Subject {
  readonly title: string;
  /** What the network takes. */
  readonly shape: Shape;
  /** What is told at the end, each in a few words. */
  readonly facts: readonly string[];
}

/** A whole page: one file, which asks for nothing but itself. */
export function documentOf(subject: Subject, content: Content): string {
  // A data block can't end early: no text in it has a `<`.
  const json = JSON.stringify(content).replaceAll('<', '\\u003c');
  const withSize = (bytes: number) => text(subject, content, json, `${grouped(bytes)} bytes, this file`);
  // The file tells its own size: until it is what it tells.
  let page = withSize(0);
  for (let turn = 0; turn < 4; turn++) {
    const told = withSize(utf8ToBytes(page).length);
    if (told === page) break;
    page = told;
  }
  return page;
}

export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function text({ title, shape, facts }: Subject, { stored, classNames }: Content, json: string, size: string): string {
  const images = takesImages(shape, stored);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(NETWORK_SCRIPT)} ${hashOf(PAGE_SCRIPT)}`,
    `style-src ${hashOf(STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const short = classNames.every((name) => [...name].length <= 2);
  const lead = !images
    ? html`Give the network ${shape.join(' x ')} numbers.`
    : shape[2] === 1
      ? html`Draw in the box, or choose, drop or paste an image.`
      : html`Choose, drop or paste an image.`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="paredown ${VERSION}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${lead} All is computed on this page: nothing leaves it.</p>
</header>
<main>
<section aria-label="Input">
${images ? imageInput(shape) : numberInput(shape)}
<p id="message" role="alert"></p>
</section>
<section aria-label="Classes"${short && html` class="short"`}>
<p class="verdict" aria-hidden="true"><span id="top"></span><span id="sure"></span></p>
<p id="status" class="apart" role="status"></p>
<ol id="classes"></ol>
${images && html`<figure><canvas id="seen" role="img" aria-label="The pixels that the network sees"></canvas><figcaption>What the network sees:<br>${shape[1] ?? 0} x ${shape[0] ?? 0} pixels${shape[2] === 1 ? ' in grey' : ''}</figcaption></figure>`}
</section>
</main>
<noscript><p>This page computes by JavaScript, which is switched off here.</p></noscript>
<footer>
<ul>${[...facts, size].map((fact) => html`<li>${fact}</li>`)}</ul>
<p>Made by paredown ${VERSION}.</p>
</footer>
<script type="application/json" id="network">${new Markup(json)}</script>
<script>${new Markup(NETWORK_SCRIPT)}</script>
<script>${new Markup(PAGE_SCRIPT)}</script>
</body>
</html>
`.text;
}

/** Whether images can be shown to the network: its input is [height, width, 1 or 3], and it is known how it sees their bytes. */
function takesImages(shape: Shape, stored: Content['stored']): boolean {
  return shape.length === 3 && (shape[2] === 1 || shape[2] === 3) && stored !== undefined && stored.dtype !== 'float32';
}

function imageInput([, , channels]: Shape): Markup {
  const draws = channels === 1;
  return html`<div id="stage"${draws && html` class="draws"`} data-nothing="${draws ? 'Nothing drawn yet' : 'No image yet'}" data-shows="nothing">
<canvas id="canvas" role="img" aria-label="${draws ? 'Box to draw in by pointer; files and pasted images do as well' : 'The image'}"></canvas>
<video id="video" muted playsinline aria-label="The camera's picture"></video>
<p id="invitation">${draws ? 'Draw here, large and in the middle' : 'Drop an image here'}</p>
</div>
<div class="tools">
<button type="button" id="choose">Choose image</button>
<button type="button" id="camera" hidden>Camera</button>
<button type="button" id="clear">Clear</button>
${draws && html`<label class="check"><input type="checkbox" id="invert">Swap light and dark</label>`}
<input type="file" id="file" accept="image/*" hidden aria-label="Image file">
</div>
${draws && html`<p class="hint">Drawn light on dark. Swap for pictures of dark ink on paper.</p>`}`;
}

function numberInput(shape: Shape): Markup {
  return html`<label for="numbers">Numbers, ${shape.join(' x ')}, between spaces, commas or line ends</label>
<textarea id="numbers" spellcheck="false" autocomplete="off"></textarea>`;
}

function hashOf(content: string): string {
  return `'sha256-${base64(sha256(utf8ToBytes(content)))}'`;
}
