import { describe, expect, test } from 'vitest';
import { conv2d, depthwiseConv2d, filterPictures, flatten, model, zoo } from '../src/index.ts';
import { studyPage } from '../src/report/study/page.ts';
import type { JudgedImages, Portrait } from '../src/report/study/portrait.ts';
import { makeTrial, type TrialRecord } from '../src/search/trial.ts';
import { FULL } from './support/landscape.ts';
import { faults } from './support/markup-faults.ts';
import { reportOf } from './support/study-reports.ts';

const accuracy = [0.969, 0.9695, 0.97, 0.9705, 0.971];
const network = zoo['nahhas/proposed'] ?? expect.fail('of the zoo');
const trial = makeTrial(
  {},
  { model: network, samples: FULL, seeds: [1, 2, 3, 4, 5], rates: [0.01], origin: { strategy: 'test', change: 'drawn' } },
);
const record: TrialRecord = {
  ...trial,
  number: 0,
  outcome: { status: 'trained', accuracy, loss: accuracy.map(() => 1) },
  wallMs: 1000,
};
const judged: JudgedImages = {
  name: 'validation images',
  classNames: ['<b>cat</b>', 'dog'],
  confusion: [
    [90, 10],
    [5, 95],
  ],
  wrong: [{ label: 0, predicted: 1, probability: 0.9876, ofLabel: 0.0124, shape: [2, 2, 1], pixels: [0, 255, 128, 0] }],
};
const pageOf = (portrait: Partial<Portrait>) => {
  const page = studyPage(reportOf([record], { portrait: { key: record.key, seed: 5, judged, ...portrait } }));
  expect(faults(page)).toEqual([]);
  return page;
};
const sectionOf = (page: string) => page.split('<section ').find((text) => text.startsWith('aria-labelledby="portrait"'));

describe('what the best network makes of images', () => {
  test('is a table with shades, and the images that it gets wrong with what it gives both classes', () => {
    const section = sectionOf(pageOf({})) ?? expect.fail('there is none');
    expect(section).toContain('takes 185 for what they are (92.50%)');
    expect(section).toMatch(/<td class="n right6">90<\/td><td class="n wrong6">10<\/td><td class="n">90.00%<\/td>/);
    expect(section).toMatch(/<td class="n wrong3">5<\/td><td class="n right6">95<\/td>/);
    expect(section).toContain('1 of 15 images');
    expect(section).toMatch(/<strong>dog<\/strong> 98.76%<br>is &#60;b&#62;cat&#60;\/b&#62; 1.24%/);
    // The two pixels that are not black, one at half.
    expect(section).toContain('fill-opacity="1" d="M1 0h1v1h-1z"');
    expect(section).toContain('fill-opacity="0.5" d="M0 1h1v1h-1z"');
  });

  test('is said not to be known, in a sentence, and is left out for another network than the one that is named', () => {
    const why = 'What it makes of the validation images is not told: <MNIST> is not on this machine.';
    expect(sectionOf(pageOf({ judged: why }))).toContain('&#60;MNIST&#62; is not on this machine.');
    expect(sectionOf(pageOf({ key: 'another' }))).toBeUndefined();
    expect(sectionOf(studyPage(reportOf([record])))).toBeUndefined();
  });

  test('of coloured and of large images is drawn in few colours and pixels', () => {
    const side = 200;
    const pixels = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * 7919) % 256);
    const wrong = [{ label: 0, predicted: 1, probability: 0.9, ofLabel: 0.1, shape: [side, side, 3], pixels }];
    const section = sectionOf(pageOf({ judged: { ...judged, wrong } })) ?? '';
    const [, columns, rows] = /class="pixels" viewBox="0 0 (\d+) (\d+)"/.exec(section) ?? [];
    expect([Number(columns) <= 48, Number(rows) <= 48]).toEqual([true, true]);
    expect(new Set(section.match(/fill="#[0-9a-f]{3}"/g)).size).toBeLessThanOrEqual(216);
  });

  test('of many classes is a list of those that are most often mistaken', () => {
    const confusion = Array.from({ length: 100 }, (_, label) =>
      Array.from({ length: 100 }, (_, predicted) => (label === predicted ? 5 : label === 7 && predicted === 3 ? 2 : 0)),
    );
    const { classNames: _, ...unnamed } = judged;
    const section = sectionOf(pageOf({ judged: { ...unnamed, confusion, wrong: [] } })) ?? '';
    expect(section).toContain('<td>7</td><td>3</td><td class="n">2</td>');
    expect(section).not.toContain('class="confusion"');
  });
});

describe('pictures of filters', () => {
  const filled = (shape: readonly number[], value: (index: number) => number) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => value(index)),
  });

  test('show each weight by sign and size, filter by filter', () => {
    const net = model([4, 4, 1], [conv2d(2, 2, { bias: false })]);
    // [2,2,1,2]: the first filter 1, 0, 0, -0.5; the second 0.
    const weights = new Map([['conv2d_1/filter', { shape: [2, 2, 1, 2], data: Float32Array.of(1, 0, 0, 0, 0, 0, -0.5, 0) }]]);
    const svg = filterPictures(net, weights) ?? expect.fail('no picture');
    expect(faults(svg)).toEqual([]);
    expect(svg).toContain('2 filters of 2×2 of conv2d_1');
    expect(svg).toContain('<path fill="#3f83cf" fill-opacity="1" d="M0.5 0.5h1v1h-1z"/>');
    expect(svg).toContain('<path fill="#d9652b" fill-opacity="0.5" d="M1.5 1.5h1v1h-1z"/>');
    expect(svg.match(/fill="#/g)).toHaveLength(2);
  });

  test('of many filters and channels show the first ones, and say so', () => {
    const net = model([9, 9, 32], [conv2d(200, 3, { bias: false })]);
    const svg = filterPictures(net, new Map([['conv2d_1/filter', filled([3, 3, 32, 200], (index) => Math.sin(index))]])) ?? '';
    expect(svg).toContain('the first 64 filters, the first 8 of 32 channels');
    expect(svg.length).toBeLessThan(2e5);
  });

  test('of a depthwise convolution has a filter a channel; without a convolution there is none', () => {
    const net = model([4, 4, 3], [depthwiseConv2d(2, { bias: false })]);
    const zeros = new Map([['depthwiseConv2d_1/filter', filled([2, 2, 1, 3], () => 0)]]);
    expect(filterPictures(net, zeros)).toContain('3 filters of 2×2');
    expect(filterPictures(net, new Map([['depthwiseConv2d_1/filter', filled([2, 2, 1, 3], () => Number.NaN)]]))).not.toContain(
      'NaN',
    );
    expect(filterPictures(model([4, 4, 3], [flatten()]), new Map())).toBeUndefined();
    expect(() => filterPictures(net, new Map())).toThrow(/Are these the weights of another model/);
  });
});
