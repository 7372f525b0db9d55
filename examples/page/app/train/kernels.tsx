import { signal } from '@preact/signals';
import type { CeilingFacts, KernelReport } from '../../engine/calls.ts';
import { engine } from '../engine.ts';
import { messageOf } from '../messages.ts';
import { milliseconds } from '../numbers.ts';
import { Scrolling } from '../scrolling.tsx';
import { adapter, reports, training } from '../state.ts';
import { Roofline } from './roofline.tsx';

type Timed = Extract<KernelReport, { state: 'timed' }>;

const times = signal<KernelReport | undefined>(undefined);
const ceilings = signal<CeilingFacts | undefined>(undefined);
/** What is being measured, or what went wrong. */
const work = signal<'kernels' | 'ceilings' | { readonly why: string } | undefined>(undefined);

/** How long each kernel of a training step takes, and how near it comes to what the adapter can do. */
export function KernelTimes() {
  const { value } = adapter;
  const busy = typeof work.value === 'string';
  const begun = training.value.state !== 'none' && training.value.state !== 'compiling' && reports.value.length > 0;
  const { value: report } = times;
  return (
    <>
      <p>
        A training step is a list of kernels, one after the other. Timed one by one, they show where a step's time goes; a
        training that runs waits meanwhile, and goes on as if nothing had been.
      </p>
      <div class="actions">
        <button type="button" disabled={!begun || busy} onClick={() => void timeKernels()}>
          Time the kernels
        </button>
        <button type="button" disabled={value.state !== 'open' || busy} onClick={() => void measure()}>
          Measure what the adapter can do
        </button>
      </div>
      <p class="status small" role="status">
        {work.value === 'kernels' && 'Times the kernels …'}
        {work.value === 'ceilings' && 'Computes and copies as fast as it can, for a second or so …'}
        {typeof work.value === 'object' && work.value.why}
        {!work.value && !begun && 'There is something to time when a training has made its first steps.'}
        {!work.value && ceilings.value && saidOf(ceilings.value)}
      </p>
      {report?.state === 'untimed' && <Untimed why={report.why} />}
      {report?.state === 'timed' && <TimedKernels report={report} />}
    </>
  );
}

function Untimed({ why }: { readonly why: string }) {
  const latest = reports.value.at(-1);
  return (
    <div class="notice">
      <p>{why}</p>
      {latest && <p class="numbers">A whole step: {milliseconds(latest.stepMs)}.</p>}
    </div>
  );
}

function TimedKernels({ report }: { readonly report: Timed }) {
  const { kernels, repeats, ms } = report;
  const resolution = resolutionOf(report);
  const longest = [...kernels].sort((a, b) => b.ms - a.ms);
  const most = longest[0]?.ms ?? 0;
  const latest = reports.value.at(-1);
  return (
    <>
      <p class="numbers">
        {kernels.length} kernels take {milliseconds(ms)} a step
        {latest && `, of ${milliseconds(latest.stepMs)} from step to step as it trains`}; each is the mean of {repeats} in a row.
        {resolution !== undefined &&
          ` Timestamps are rounded to ${milliseconds(resolution)} here, so a kernel's time is known to ${milliseconds(resolution / repeats)}.`}
      </p>
      <div class="kernels">
        <Scrolling class="scrolls" label="Kernels, the longest first">
          <table class="times numbers">
            <thead>
              <tr>
                <th scope="col">Kernel</th>
                <th scope="col">Time</th>
                <th scope="col">Share of the step</th>
                <th scope="col">GFLOP/s</th>
                <th scope="col">GB/s</th>
              </tr>
            </thead>
            <tbody>
              {longest.map(({ name, result, ms: own, operations, bytes }, index) => (
                <tr key={index}>
                  <th scope="row">
                    {name}
                    {result && <span class="soft small"> {result}</span>}
                  </th>
                  <td>{milliseconds(own)}</td>
                  <td>
                    <span class="bar" style={{ width: `${most > 0 ? (50 * own) / most : 0}%` }} />{' '}
                    {ms > 0 ? `${((100 * own) / ms).toFixed(1)}%` : ''}
                  </td>
                  <td>{operations !== undefined && own > 0 ? (operations / own / 1e6).toPrecision(3) : ''}</td>
                  <td>{own > 0 ? (bytes / own / 1e6).toPrecision(3) : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
        <Roofline kernels={kernels} ceilings={ceilings.value} />
      </div>
    </>
  );
}

const saidOf = ({ gflops, gigabytes }: CeilingFacts) =>
  `This adapter computes ${gflops.toPrecision(3)} GFLOP/s and moves ${gigabytes.toPrecision(3)} GB/s at the most, as measured just now.`;

/** To what timestamps are rounded, in milliseconds: what all the times are whole multiples of; undefined where that is next to nothing. */
function resolutionOf({ kernels, repeats }: Timed): number | undefined {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const nanoseconds = kernels.map(({ ms }) => Math.round(1e6 * ms * repeats)).filter((time) => time > 0);
  const common = nanoseconds.reduce(divisor, 0);
  return common >= 1000 ? common / 1e6 : undefined;
}

async function timeKernels(): Promise<void> {
  work.value = 'kernels';
  try {
    times.value = await engine.kernelTimes();
    work.value = undefined;
  } catch (error) {
    work.value = { why: messageOf(error) };
  }
}

async function measure(): Promise<void> {
  work.value = 'ceilings';
  try {
    ceilings.value = await engine.ceilings();
    work.value = undefined;
  } catch (error) {
    work.value = { why: messageOf(error) };
  }
}
