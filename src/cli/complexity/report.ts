import { complexity, statistics } from 'paredown/node';
import { grouped, percent, stepTime } from '../common/format.ts';
import type { Figure } from './figures.ts';
import type { Results, Verified } from './results.ts';

/** Mean relative errors that the paper prints for its 50 random configurations. */
const PUBLISHED_ERRORS = { complexity: 0.025, precision: 0.031 };

/** results.md. */
export function reportText(results: Results, figures: readonly Figure[]): string {
  const { analysis, verified, claim, measurements } = results;
  return `${[
    `# Complexity and precision on ${results.about.data}`,
    setup(results),
    claim.text,
    '## How well the fits predict random configurations',
    errors(results),
    '## Complexity: training time beside the baseline',
    fits([
      ['equation 1: alpha0 + alpha1 x arithmetic', analysis.complexity],
      ['with memory and dispatches', analysis.extended],
    ]),
    alpha(results),
    '## Precision',
    fits([
      ...analysis.sweeps.flatMap(({ parameter, precision, exponentials }): NamedFit[] => {
        const letter = complexity.LETTERS[parameter];
        return [
          [`equation 2, ${letter}`, precision],
          [`two exponentials, ${letter}`, exponentials],
        ];
      }),
      ...(results.about.grids ? analysis.pairs : []).map(({ parameters, precision }, index): NamedFit => {
        const letters = parameters.map((parameter) => complexity.LETTERS[parameter]).join(', ');
        return [`equation ${3 + index}, ${letters}`, precision];
      }),
      ['equation 6, all', analysis.precision],
      ...(analysis.nearDesigned < analysis.designed.length
        ? [[`equation 6, within ${100 * complexity.WITHIN} points of the baseline`, analysis.near] as const]
        : []),
    ]),
    'P = a exp(sum of b / gamma) + sum of c gamma + d with gamma a parameter as a share of the baseline; two exponentials: a exp(b gamma) + c exp(d gamma). In brackets the 95% confidence interval; without one the data do not determine the coefficient, or it lies at its bound (b <= 0, a >= 0). The paper fits four coefficients to the three values of k and of l; that determines nothing and is not done here.',
    '## Equation 7: the least complexity for a precision',
    minimisers(analysis, verified),
    ...figures.map(({ file, title }) => `![${title}](${file})`),
    '## One parameter at a time',
    ...analysis.sweeps.map(({ parameter, samples }) =>
      rows(
        results,
        measurements.filter(({ configuration }) =>
          samples.some((sample) => complexity.nameOf(sample.configuration) === complexity.nameOf(configuration)),
        ),
        `The values of ${complexity.LETTERS[parameter]}:`,
      ),
    ),
    '## All measurements',
    rows(results, measurements, `${measurements.length} configurations, the random ones among them.`),
  ].join('\n\n')}\n`;
}

function setup({ about, analysis }: Results): string {
  const { precision } = analysis.baseline;
  const standardError = Math.sqrt((precision * (1 - precision)) / about.validation);
  const { training, values, reductions } = about;
  const list = complexity.PARAMETERS.map((parameter) => `${complexity.LETTERS[parameter]} in {${values[parameter].join(', ')}}`);
  const balanced =
    about.data === 'lfw-gender'
      ? ' An accuracy must be read against that: the test data, which are not touched here, have 76.7% men; balanced accuracy counts both alike.'
      : '';
  return [
    `\`${about.command}\`, ${about.date.slice(0, 10)}, paredown ${about.version}, Node ${about.node}, ${about.adapter}.`,
    `${grouped(about.images)} training images x ${training.epochs} epochs in batches of ${training.batch}, Adam at ${training.learningRate} falling to 0 along a cosine, He's initial weights, seeds ${training.seeds.join(', ')}; precision is the accuracy on ${grouped(about.validation)} validation images, of which the most frequent class makes ${percent(about.majority)} (so many images tell an accuracy near the baseline's to ${percent(standardError)}, one standard error; the seed adds its own).${balanced} Complexity is the time of a training step (${about.clock}, the least of the slices of a training) beside that of the baseline, ${complexity.nameOf(about.baseline)}; ${list.join(', ')}.`,
    reductions.length > 0
      ? `**Reduced**: ${reductions.join('; ')}. What the paper does not state (its epochs, optimizer and learning rate) is our choice.`
      : 'What the paper does not state (its epochs, optimizer and learning rate) is our choice.',
  ].join('\n\n');
}

function errors({ analysis }: Results): string {
  const { complexity: plain, extended, precision, near } = analysis.errors;
  const count = analysis.checks.length;
  if (count === 0) return 'No random configuration was measured.';
  const cell = (value: number | undefined) => (value === undefined ? 'not fitted' : percent(value));
  return table(
    [`mean relative error on ${count} random configurations`, 'ours', 'published, on 50'],
    [
      ['C, equation 1', cell(plain), percent(PUBLISHED_ERRORS.complexity)],
      ['C, with memory and dispatches', cell(extended), ''],
      ['P, equation 6', cell(precision), percent(PUBLISHED_ERRORS.precision)],
      [
        `P, equation 6, of the ${analysis.nearChecks} within ${100 * complexity.WITHIN} points of the baseline, fitted to such`,
        cell(near),
        '',
      ],
    ],
  );
}

type NamedFit = readonly [name: string, fitted: complexity.Fitted<complexity.Work> | complexity.Fitted<complexity.Shares>];

function fits(all: readonly NamedFit[]): string {
  return table(
    ['fit', 'coefficients', 'residual deviation', 'R²', 'observations'],
    all.map(([name, fitted]) => {
      if ('problem' in fitted) return [name, `not fitted: ${fitted.problem}`, '', '', ''];
      const { coefficients, deviation, rSquared, residuals } = fitted.fit;
      const parts = coefficients.map((coefficient) => {
        const { interval } = coefficient;
        return `${coefficient.name} ${digits(coefficient.value)}${interval ? ` [${digits(interval[0])}, ${digits(interval[1])}]` : ''}`;
      });
      return [name, parts.join('; '), digits(deviation), rSquared.toFixed(4), String(residuals.length)];
    }),
  );
}

/** alpha1 as the paper gives it, by multiplication. */
function alpha({ about, analysis }: Results): string {
  const note = 'The residuals of C are relative to the measured value.';
  if ('problem' in analysis.complexity) return note;
  const slope = analysis.complexity.fit.coefficients[1]?.value ?? Number.NaN;
  const sum = complexity.arithmetic(about.baseline, about.channels);
  return `${note} The arithmetic of the baseline is ${grouped(sum)} multiplications of one inference, so that alpha1 is ${(slope / sum).toExponential(3)} by multiplication (published, for its own baseline of 150,732,800: 0.014 and, with its power of ten put right, 0.626e-8). A step of the baseline takes ${stepTime(analysis.unitMs)} ms.`;
}

function minimisers(
  { baseline, fitted, taken, near, curve, unitMs }: complexity.Analysis,
  verified: readonly Verified[],
): string {
  if (curve.length === 0)
    return 'Not solved: the models could not be fitted, or only one parameter at a time was measured, which tells nothing of several together.';
  const nearTaken = 'fit' in near;
  const body = verified.map(({ minimiser, measured }) => {
    const { floor, configuration, complexity: least, precision } = minimiser;
    const trained = measured?.outcome.status === 'trained' ? measured.outcome : undefined;
    return [
      percent(floor),
      complexity.nameOf(configuration),
      digits(least),
      percent(precision),
      trained ? digits(trained.stepMs / unitMs) : (measured?.outcome.status ?? ''),
      trained ? percent(statistics.mean(trained.accuracy)) : '',
    ];
  });
  return `Over all configurations whose parameters are the baseline's times 0.05, 0.10, ... 1, rounded, and within the values measured; the baseline was measured at C 1 and ${percent(baseline.precision)}${fitted ? `, and fitted at C ${digits(fitted.complexity)} and ${percent(fitted.precision)}` : ''}. C is ${taken === 'extended' ? 'the one with memory and dispatches, whose residuals are smaller' : 'equation 1'}; P is equation 6${nearTaken ? ' fitted near the baseline' : ''}.\n\n${table(
    ['P at least', 'least C', 'C fitted', 'P fitted', 'C measured', 'P measured'],
    body,
  )}`;
}

function rows({ analysis }: Results, measurements: readonly complexity.Measurement[], title: string): string {
  const body = measurements.map(({ configuration, parameters, multiplications, outcome }) => [
    complexity.nameOf(configuration),
    grouped(parameters),
    grouped(multiplications),
    ...(outcome.status === 'trained'
      ? [
          stepTime(outcome.stepMs),
          digits(outcome.stepMs / analysis.unitMs),
          percent(statistics.mean(outcome.accuracy)),
          percent(statistics.mean(outcome.balancedAccuracy)),
        ]
      : [outcome.status, '', '', '']),
  ]);
  const header = ['configuration', 'parameters', 'multiplications', 'ms a step', 'C', 'accuracy', 'balanced accuracy'];
  return `${title}\n\n${table(header, body)}`;
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map((_, index) => (index === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

function digits(value: number): string {
  const text = value.toPrecision(3);
  return text.includes('e') ? text : String(Number(text));
}
