import { describe, expect, test } from 'vitest';
import * as paredown from '../src/index.ts';
import { faults } from './support/markup-faults.ts';

const { branch, conv2d, dense, flatten, join, layerDiagram, maxPool2d, model, residual, tap, upsample2d, zoo } = paredown;

const textsOf = (svg: string) => Array.from(svg.matchAll(/<text[^>]*>([^<]*)</g), ([, text]) => text);
const numbersOf = (svg: string) => Array.from(svg.matchAll(/ d="([^"]*)"/g), ([, path]) => path ?? '').join(' ');

describe('a layer diagram', () => {
  test.each(Object.keys(zoo))('of %s is well-formed, in finite numbers, and names every layer', (name) => {
    const network = zoo[name] ?? expect.fail(name);
    const svg = layerDiagram(network);
    expect(faults(svg)).toEqual([]);
    expect(numbersOf(svg)).not.toMatch(/NaN|Infinity|undefined/);
    const description = /<desc>([^<]*)/.exec(svg)?.[1] ?? '';
    for (const { name: layer } of paredown.describe(network).layers) expect(description).toContain(layer);
    expect(svg).not.toMatch(/\b(?:href|src|style)=/);
  });

  test('tells shapes, settings and parameters, and draws skips, paths and taps as lines', () => {
    const svg = layerDiagram(
      model(
        [16, 16, 3],
        [
          conv2d(4, 3, { padding: 'same' }),
          tap('skip'),
          maxPool2d(2),
          residual(conv2d(4, 3, { padding: 'same' })),
          upsample2d(2),
          join('skip'),
          branch([conv2d(2, 1)], []),
          flatten(),
          dense(10),
        ],
      ),
    );
    const texts = textsOf(svg);
    for (const text of ['16\u00d716\u00d73', '4 filters of 3\u00d73, same', '112 parameters', '+', 'concat', 'kept as skip'])
      expect(texts).toContain(text);
    const lines = /<path d="([^"]*)" fill="none" stroke="currentColor" stroke-opacity=".7"/.exec(svg)?.[1] ?? '';
    // A tap to its join; of the residual the skip and what it holds, of the branch both paths, each in and out.
    expect(lines.match(/M/g)).toHaveLength(1 + 4 + 4);
  });

  test('writes names as text, and clips long ones', () => {
    const name = `<img src=x onerror=alert(1)>&"'`.padEnd(90, 'x');
    const svg = layerDiagram(model([4], [dense(2, { name })]));
    expect(svg).not.toContain('<img');
    expect(faults(svg)).toEqual([]);
    for (const text of textsOf(svg)) expect((text ?? '').replace(/&#\d+;/g, '_').length).toBeLessThanOrEqual(40);
  });

  test('of one layer, of a hundred and of many paths has its own size', () => {
    const sizeOf = (svg: string) => /width="(\d+)" height="(\d+)"/.exec(svg)?.slice(1).map(Number) ?? [];
    const [width = 0, height = 0] = sizeOf(layerDiagram(model([4], [dense(2)])));
    const deep = sizeOf(
      layerDiagram(
        model(
          [4],
          Array.from({ length: 100 }, () => dense(4)),
        ),
      ),
    );
    const broad = sizeOf(layerDiagram(model([4, 4, 1], [branch(...Array.from({ length: 20 }, () => [conv2d(1, 1)]))])));
    expect(deep[0]).toBe(width);
    expect(deep[1]).toBeGreaterThan(50 * height * 0.5);
    expect(broad[0]).toBeGreaterThan(19 * width * 0.9);
  });
});
