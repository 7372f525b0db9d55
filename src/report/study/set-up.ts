import { LEAST_SEEDS } from '../../search/bound.ts';
import { COST_NAMES } from '../../search/costs.ts';
import { fullLength } from '../../search/strategy.ts';
import { layerTable } from './layer-table.ts';
import { factsOf, html, type Markup } from './markup.ts';
import type { StudyReport } from './report.ts';
import { COST_TITLES, count, objectiveName, percent, when } from './text.ts';

/** What was trained on what, how, and with what. */
export function setUp({ data, problem, strategy, setup, software, command, date }: StudyReport): Markup {
  const { objective, floor, rungs, rates, seeds, seed, input, classes, space, start, recipes } = problem;
  const limits = COST_NAMES.filter((name) => objective.limits[name] !== undefined);
  return html`${factsOf([
    ['data', data.name],
    ['training samples', count(data.train)],
    ['validation samples', count(data.validation)],
    ...(data.confirmation === undefined ? [] : [['kept back of them to confirm by', count(data.confirmation)] as const]),
    ['test samples', data.test === undefined ? 'no test set' : count(data.test)],
    ['input', input.join('\u00d7')],
    ['classes', count(classes)],
    ['made small', objectiveName(objective)],
    [
      'limits',
      limits.length === 0
        ? 'none'
        : limits.map((name) => `${COST_TITLES[name]} \u2264 ${count(objective.limits[name] ?? 0)}`).join(', '),
    ],
    ['floor', percent(floor)],
    ['lengths of training, samples a seed', rungs.map(count).join(', ')],
    ['learning rates', rates.join(', ')],
    ['seeds of a full trial', seeds.join(', ')],
    ['seed of the search', String(seed)],
    ['strategy', strategy],
    ['adapter', software.adapter],
    ['paredown', software.version],
    ['date', when(date)],
  ])}
${command === undefined ? undefined : html`<h3>Command</h3><pre>${command}</pre>`}
<h3>Training</h3><pre>${JSON.stringify(setup, null, 2)}</pre>
${recipes && html`<details><summary>What a network's recipe was chosen from</summary><pre>${JSON.stringify(recipes, null, 2)}</pre></details>`}
${start && html`<details><summary>The network that the search started from</summary>${layerTable(start, 'Layers of the start')}</details>`}
<details><summary>The space that was searched</summary><pre>${JSON.stringify(space, null, 2)}</pre></details>`;
}

/** What the figures mean, for who reads only this page. */
export function glossary({ problem, data }: StudyReport): Markup {
  const full = count(fullLength(problem));
  return html`<dl class="glossary">
<dt>holds the floor</dt><dd>A network trained at full length (${full} samples a seed) from at least ${LEAST_SEEDS} seeds, whose accuracies have a one-sided 95% lower bound of their mean, by Student's t, above ${percent(problem.floor)}${data.confirmation === undefined ? '' : ', on the images kept back'}. That the mean of the seeds is above the floor does not suffice.</dd>
<dt>holds, mean only, below</dt><dd>What a table says of a floor: it is held; the mean reaches it, but the bound is not above it or there are fewer than ${LEAST_SEEDS} seeds; the mean is below it.</dd>
<dt>95% bound</dt><dd>mean \u2212 t \u00b7 sd / \u221an over n seeds, with t the 95% quantile of Student's distribution of n \u2212 1 degrees of freedom. It speaks of the training of one network from other seeds on the same data, where accuracies are about normal; that the data are themselves a sample of ${count(data.confirmation ?? data.validation)} is not in it: for that there is the interval.</dd>
<dt>interval</dt><dd>Wilson's two-sided 95% interval of an accuracy on so many images, whatever the seed: what the choice of these images leaves open.</dd>
${data.confirmation === undefined ? undefined : html`<dt>kept back</dt><dd>A half of the validation data, class by class, on which no trial is looked at before it is trained at full length from all seeds. They say whether the floor is held, and nothing else.</dd>`}
<dt>validation and test</dt><dd>Every choice was made on validation data alone: which networks were trained for longer, which is best, which weights are kept. ${data.test === undefined ? 'There is no test set.' : 'The test set serves for a look at the networks of the front at the end, and nothing is chosen by it.'}</dd>
<dt>picking is optimistic</dt><dd>The smallest of many networks that seem to hold the floor is more likely than the others to have been lucky on the validation data. Its validation figures are therefore a little too good, the more so the more networks were tried; a test figure is not affected by that${data.confirmation === undefined ? '' : ', and one on the images kept back hardly, since only the few networks that were confirmed were looked at there'}.</dd>
<dt>front</dt><dd>The networks that no other beats in size without losing accuracy, nor in accuracy without being larger.</dd>
<dt>s(f)</dt><dd>The least size with which an accuracy of at least f was reached: Dhingra's section III. It is an upper bound of what is possible, since no search tries everything.</dd>
<dt>rung</dt><dd>A length of training. A network must do well at one to be trained for the next.</dd>
<dt>what became of a trial</dt><dd>Derived from the study's records as they are at its end. During the search a trial may have been passed over for a reason that later trials changed.</dd>
<dt>learning rate</dt><dd>A trial may train every seed at several learning rates; its accuracy is that of the rate with the best mean on validation data.</dd>
<dt>sd</dt><dd>Sample standard deviation over the seeds, in points of a percent.</dd>
<dt>${objectiveName(problem.objective)}</dt><dd>Parameters are the numbers that a deployed network holds: trained elements, biases included, a batch normalisation folded into the convolution or dense layer right before it; multiply-accumulates, those of one inference; activation bytes, the most float32 activations alive at once at inference; weight bytes, float32 weights and running statistics as they are saved; latency, the milliseconds of an inference of one sample on this adapter, where it was measured or predicted.</dd>
</dl>`;
}
