// What accuracies of several seeds are summed up by, with its arguments checked.
import { checked, listOf, NUMBER } from '../core/arguments.ts';
import * as statistics from '../core/statistics.ts';
import * as studentT from '../core/student-t.ts';
import * as wilson from '../core/wilson.ts';

const VALUES = () => ({ values: listOf({ description: 'a number', is: (value) => typeof value === 'number' }) });

/** The mean; NaN for no values. */
export const mean = /* @__PURE__ */ checked('statistics.mean([0.95, 0.96])', VALUES, statistics.mean);
/** The standard deviation of the population that the values are a sample of; undefined for fewer than two. */
export const deviation = /* @__PURE__ */ checked('statistics.deviation([0.95, 0.96])', VALUES, statistics.deviation);
/**
 * The quantile of Student's t: the number that a t-distributed one of so many degrees of freedom, whole or not, stays below with this
 * probability. NaN for what is no probability, or degrees of freedom that are not above 0.
 */
export const tQuantile = /* @__PURE__ */ checked(
  'statistics.tQuantile(0.95, 4)',
  () => ({ probability: NUMBER, degreesOfFreedom: NUMBER }),
  studentT.tQuantile,
);
/** Wilson's two-sided 95% interval { low, high } of an accuracy on `count` samples: what these very samples leave open. NaN for what is no share or count. */
export const wilsonInterval = /* @__PURE__ */ checked(
  'statistics.wilsonInterval(0.95, 2500)',
  () => ({ share: NUMBER, count: NUMBER }),
  wilson.wilsonInterval,
);
