import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../src/core/errors.ts';
import { confusionTable } from '../src/report/confusion.ts';
import { type CurvePoint, trainingCurves } from '../src/report/curves.ts';
import { heatMap } from '../src/report/heat-map.ts';
import { plot } from '../src/report/plot.ts';

const points: CurvePoint[] = Array.from({ length: 100 }, (_, index) => ({
  step: 10 * (index + 1),
  loss: 2.3 / (index + 1),
  accuracy: 1 - 0.9 / (index + 1),
  ...(index % 10 === 9 && { validationLoss: 2.4 / (index + 1), validationAccuracy: 1 - 1 / (index + 1) }),
}));

const texts = (svg: string) => Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), (match) => match[1]);

/** Whether every tag is closed in order and every attribute is quoted, as XML asks. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  const rest = svg
    .replace(/<!\[CDATA\[.*?\]\]>/gs, '')
    .replace(/<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, closes, name, _attributes, empty) => {
      if (closes) return open.pop() === name ? '' : '<';
      if (!empty) open.push(name);
      return '';
    });
  return open.length === 0 && !/[<>]|&(?!#?\w+;)/.test(rest);
}

describe('training curves', () => {
  test('show loss and accuracy of training and validation against the step', () => {
    const svg = trainingCurves(points, { title: 'Baseline', reference: { label: 'published', accuracy: 0.9929 } });
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        'Baseline',
        'loss',
        'accuracy',
        'step',
        'training',
        'validation',
        '1,000',
        '100%',
        'published 99.29%',
      ]),
    );
  });
  test('are well-formed XML, whatever the title', () => {
    expect(isWellFormed(trainingCurves(points, { title: `<b> & "q" 'a'`, subtitle: '</text>' }))).toBe(true);
    expect(isWellFormed('<a b="c"><d/></a>')).toBe(true);
    expect(isWellFormed('<a b="c"d"><d/></a>')).toBe(false);
  });
  test('draw the reference at its own height', () => {
    const height = (accuracy: number) => {
      const svg = trainingCurves(points, { reference: { label: 'x', accuracy } });
      return Number(/<path d="M[\d.]+ ([\d.]+)L[^"]*"[^>]*stroke-dasharray/.exec(svg)?.[1]);
    };
    // Two ticks of the accuracy axis are a hundred pixels or so apart; coordinates are written to a hundredth.
    expect(height(0.991) - height(0.993)).toBeCloseTo((height(0.9) - height(1)) / 50, 1);
    expect(height(0.9) - height(1)).toBeGreaterThan(20);
  });
  test('have one panel where there is no accuracy', () => {
    const svg = trainingCurves(points.map(({ step, loss }) => ({ step, loss })));
    expect(texts(svg)).not.toContain('accuracy');
    expect(texts(svg)).not.toContain('validation');
  });
  test('are drawn without points, with one, and with a loss that is zero, NaN or infinite', () => {
    const rows = [
      { step: 1, loss: Number.NaN },
      { step: 2, loss: Infinity },
      { step: 3, loss: 0 },
    ];
    for (const some of [[], points.slice(0, 1), rows]) {
      const svg = trainingCurves(some);
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });
  test('refuse a size that cannot be drawn', () => {
    expect(() => trainingCurves(points, { width: Number.NaN })).toThrow(OptionError);
    expect(() => trainingCurves(points, { height: 10 })).toThrow(/height must be 200 to 10000 pixels, got 10/);
  });
});

describe('the confusion table', () => {
  const expected = [
    '      predicted',
    'true      0  1  2  correct',
    '   0  1,234  .  2    99.8%',
    '   1      .  5  5    50.0%',
    '   2      .  .  .        -',
  ].join('\n');
  test('aligns counts, hides zeros and gives the share of each class that was right', () => {
    expect(
      confusionTable(
        [
          [1234, 0, 2],
          [0, 5, 5],
          [0, 0, 0],
        ],
        3,
      ),
    ).toBe(expected);
  });
  test('reads a flat array alike', () => {
    expect(confusionTable(new Uint32Array([1234, 0, 2, 0, 5, 5, 0, 0, 0]), 3)).toBe(expected);
  });
  test('has names beside the numbers where they are given', () => {
    const counts = new Uint32Array([1234, 0, 2, 0, 5, 5, 0, 0, 0]);
    expect(confusionTable(counts, 3, ['cat', 'guinea pig', 'x'])).toBe(
      [
        '                  predicted',
        'true  name            0  1  2  correct',
        '   0  cat         1,234  .  2    99.8%',
        '   1  guinea pig      .  5  5    50.0%',
        '   2  x               .  .  .        -',
      ].join('\n'),
    );
    expect(() => confusionTable(counts, 3, ['cat', 'dog'])).toThrow(/confusionTable: there are 3 classes, but 2 classNames/);
  });
  test('refuses counts of another number of classes', () => {
    expect(() => confusionTable(new Uint32Array(8), 3)).toThrow(ShapeError);
    expect(() =>
      confusionTable(
        [
          [1, 2, 3],
          [1, 2, 3, 4],
          [1, 2],
        ],
        3,
      ),
    ).toThrow(/3 classes need 3 x 3 counts/);
  });
});

describe('plot', () => {
  const axes = { x: { name: 'parameters', scale: 'log' }, y: { name: 'accuracy', format: 'percent' } } as const;

  test('draws lines, points, bars of error and marks, and names the series', () => {
    const svg = plot({
      ...axes,
      title: 'Table <IV>',
      series: [
        {
          name: 'published',
          dashed: true,
          style: 'both',
          points: [
            { x: 10, y: 0.9 },
            { x: 1000, y: 0.95, label: 'wide' },
          ],
        },
        { name: 'ours', style: 'points', points: [{ x: 10, y: 0.92, deviation: 0.01 }] },
      ],
      marks: [{ x: 100, label: 'limit' }],
    });
    for (const text of ['Table &lt;IV&gt;', 'published', 'ours', 'wide', 'limit', 'parameters', 'accuracy', '95%'])
      expect(svg).toContain(text);
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).not.toContain('NaN');
  });

  test('leaves out what is not finite, or not positive on a logarithmic axis', () => {
    const points = [Number.NaN, 0, -1].map((x) => ({ x, y: 0.5 }));
    const bare = plot({ ...axes, series: [{ name: 'ours', points: [] }] });
    expect(texts(plot({ ...axes, series: [{ name: 'ours', points }] }))).toEqual(texts(bare));
  });

  test('refuses a size that is none', () => {
    expect(() => plot({ ...axes, series: [], width: 10 })).toThrow('plot: width must be 200 to 10000 pixels, got 10');
  });
});

describe('heatMap', () => {
  const names = { columns: ['1', '2'], rows: ['a'], columnName: 'width', rowName: 'depth' };

  test('writes each value into its cell and leaves out what is missing', () => {
    const svg = heatMap({ ...names, values: [[0.25, undefined]], min: 0, max: 1 });
    expect(svg).toContain('0.25');
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).not.toContain('NaN');
    expect(heatMap({ ...names, values: [[undefined, Number.NaN]] })).not.toContain('NaN');
  });

  test('refuses values of another shape', () => {
    expect(() => heatMap({ ...names, values: [[1]] })).toThrow('values must be 1 rows of 2 columns');
  });
});
