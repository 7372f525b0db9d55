import type { complexity } from 'paredown/node';
import { printJson } from '../common/json-line.ts';
import type { StudyDisplay } from './progress.ts';

/** A line of JSON for each measurement, for programs. */
export class JsonProgress implements StudyDisplay {
  private measurements = 0;

  constructor(private planned: number) {}

  get total(): number {
    return this.planned;
  }

  print(text: string): void {
    printJson({ type: 'note', text });
  }

  plan(configurations: readonly complexity.Configuration[]): void {
    this.planned += configurations.length;
  }

  measured(measurement: complexity.Measurement): void {
    printJson({ type: 'measurement', done: ++this.measurements, of: this.planned, ...measurement });
  }

  show(): void {}

  close(): void {}
}
