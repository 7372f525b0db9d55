import type { WindowGeometry } from '../core/geometry.ts';

/**
 * A problem of any kernel family in words, for people: its window, its sizes, its switches. Where tensors lie is left out, so
 * two problems may share a label.
 */
export function problemLabel(problem: object): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(problem)) {
    if (name === 'replicas' || /(Replica|Stride|Length|perSplit)$/.test(name)) continue;
    if (value === 1 && (name === 'groups' || name === 'splits')) continue;
    if (name === 'geometry') parts.push(windowLabel(value as WindowGeometry));
    else if (typeof value === 'number' && value !== 0) parts.push(`${words(name)} ${value}`);
    else if (typeof value === 'string') parts.push(value);
    else if (value === true) parts.push(words(name));
  }
  return parts.join(', ');
}

function windowLabel(g: WindowGeometry): string {
  const pair = (height: number, width: number) => `${height}x${width}`;
  const stride = pair(g.strideHeight, g.strideWidth);
  const dilation = pair(g.dilationHeight, g.dilationWidth);
  return (
    `${pair(g.inputHeight, g.inputWidth)} -> ${pair(g.outputHeight, g.outputWidth)}, window ${pair(g.windowHeight, g.windowWidth)}` +
    `${stride === '1x1' ? '' : ` by ${stride}`}${dilation === '1x1' ? '' : `, dilated ${dilation}`}`
  );
}

/** inputChannels as `input channels`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
