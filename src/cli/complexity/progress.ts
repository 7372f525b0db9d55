import { complexity, statistics } from 'paredown/node';
import { Bar } from '../common/bar.ts';
import { clock, duration, percent } from '../common/format.ts';

type Configuration = complexity.Configuration;

/** Share of the baseline's arithmetic that a training takes whatever it computes, until something is known: compiling, dispatching. */
const FIRST_OVERHEAD = 0.3;

/** How a study is shown. */
export interface StudyDisplay {
  /** Configurations to be measured, finished ones included. */
  readonly total: number;
  print(text: string): void;
  /** What is to come beside what was planned. */
  plan(configurations: readonly Configuration[]): void;
  measured(measurement: complexity.Measurement): void;
  show(): void;
  close(): void;
}

/** Prints a line for each measured configuration and, in a terminal, a bar below with the time left. */
export class StudyProgress implements StudyDisplay {
  private readonly bar = process.stdout.isTTY ? new Bar() : undefined;
  private readonly finished: { readonly work: number; readonly ms: number }[] = [];
  private todo: Configuration[];

  constructor(
    configurations: readonly Configuration[],
    private readonly baseline: Configuration,
    private readonly channels: number,
  ) {
    this.todo = [...configurations];
  }

  get total(): number {
    return this.finished.length + this.todo.length;
  }

  print(text: string): void {
    if (this.bar) this.bar.print(text);
    else process.stdout.write(`${text}\n`);
  }

  plan(configurations: readonly Configuration[]): void {
    this.todo.push(...configurations);
    this.show();
  }

  measured({ configuration, outcome, wallMs }: complexity.Measurement): void {
    this.finished.push({ work: this.work(configuration), ms: wallMs });
    const name = complexity.nameOf(configuration);
    this.todo = this.todo.filter((other) => complexity.nameOf(other) !== name);
    const count = `${String(this.finished.length).padStart(String(this.total).length)}/${this.total}`;
    const result =
      outcome.status === 'trained'
        ? `${percent(statistics.mean(outcome.accuracy))}, ${outcome.stepMs.toPrecision(3)} ms a step`
        : `${outcome.status}: ${outcome.reason}`;
    this.print(`${count}  ${name.padEnd(14)}  ${result}  (${duration(wallMs)}; ${clock(this.msLeft())} left)`);
    this.show();
  }

  show(): void {
    const [next] = this.todo;
    if (!next) {
      this.bar?.close();
      return;
    }
    const payload = { name: complexity.nameOf(next), left: clock(this.msLeft()) };
    this.bar?.show('{bar} {value}/{total}  {name}  {left} left', this.finished.length, this.total, payload);
  }

  close(): void {
    this.bar?.close();
  }

  /** Time goes with the arithmetic, and a part that does not. */
  private msLeft(): number {
    const spent = this.finished.reduce((sum, { ms }) => sum + ms, 0);
    const done = this.finished.reduce((sum, { work }) => sum + work + FIRST_OVERHEAD, 0);
    const left = this.todo.reduce((sum, configuration) => sum + this.work(configuration) + FIRST_OVERHEAD, 0);
    return done === 0 ? Number.NaN : (spent / done) * left;
  }

  private work(configuration: Configuration): number {
    return complexity.arithmetic(configuration, this.channels) / complexity.arithmetic(this.baseline, this.channels);
  }
}
