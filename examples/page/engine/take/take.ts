import { transfer } from 'comlink';
import type { ExportFormatName } from 'paredown';
import type { NetworkFacts } from '../draw/calls.ts';
import { keepSubject } from '../kept-subject.ts';
import { factsOf } from '../network-facts.ts';
import type { Session, Subject } from '../session.ts';
import { type IntegersReport, type LeavingFile, MOST_FILE_BYTES, type Numbers, type Weighed } from './calls.ts';
import type { Encoded } from './formats.ts';
import type { Integers } from './integers.ts';

export function takeCalls(session: Session) {
  /** Of the networks that there were: gone with them. */
  const integers = new WeakMap<Subject, Integers>();

  function subject(): Subject {
    if (!session.subject) throw new Error('There is no network yet: train one, or load a file.');
    return session.subject;
  }

  async function encoded(format: ExportFormatName, numbers: Numbers): Promise<Encoded> {
    const { encode } = await import('./formats.ts');
    const leaving = subject();
    const made = integers.get(leaving);
    if (numbers === 'integers' && !made) throw new Error('Its integers are not made yet.');
    const { name } = factsOf(leaving, session.splits);
    return encode(format, leaving, numbers === 'integers' ? made?.quantized : undefined, name);
  }

  return {
    /** What a file takes. */
    async weigh(format: ExportFormatName, numbers: Numbers): Promise<Weighed> {
      try {
        const { name, bytes, running } = await encoded(format, numbers);
        return { file: name, bytes: bytes.length, ...(running && { running }) };
      } catch (error) {
        return { why: error instanceof Error ? error.message : String(error) };
      }
    },
    async leave(format: ExportFormatName, numbers: Numbers): Promise<LeavingFile> {
      const { name, bytes } = await encoded(format, numbers);
      return transfer({ name, bytes }, [bytes.buffer]);
    },
    /** What is known of the network in integers; undefined before it was made. */
    async integers(): Promise<IntegersReport | undefined> {
      return session.subject && integers.get(session.subject)?.report;
    },
    async makeIntegers(): Promise<IntegersReport> {
      const leaving = subject();
      const { integersOf } = await import('./integers.ts');
      const made = await integersOf(session, leaving);
      integers.set(leaving, made);
      return made.report;
    },
    /** Takes the network of a file for the one that is asked. */
    async load(file: File): Promise<NetworkFacts> {
      if (file.size > MOST_FILE_BYTES)
        throw new Error(
          `The file has ${Math.round(file.size / 2 ** 20)} MiB, more than the ${MOST_FILE_BYTES / 2 ** 20} that are read here.`,
        );
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { subjectFrom } = await import('./load.ts');
      session.subject = subjectFrom(bytes, file.name);
      await keepSubject(session);
      return factsOf(session.subject, session.splits);
    },
  };
}
