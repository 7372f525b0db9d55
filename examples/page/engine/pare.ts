import { expose } from 'comlink';
import { describeInput, keptBack, predictor } from 'paredown';
import { keepSubject } from './kept-subject.ts';
import type { SubjectFacts } from './search/calls.ts';
import type { Session, Splits, Subject } from './session.ts';

/** What the worker that searches found. */
export type Network = Pick<Subject, 'model' | 'weights' | 'quantized'>;

/** What the worker that searches asks of this one, past the page: data and weights are large. */
export const searchPeer = (session: Session) => ({
  async inputs(): Promise<{ readonly splits: Splits | undefined; readonly subject: Subject | undefined }> {
    return { splits: session.splits, subject: session.subject };
  },
  /** Makes a network of the search the one that is asked. */
  async use(network: Network): Promise<void> {
    const { splits } = session;
    if (!splits || splits.train.inputShape.join() !== network.model.input.join())
      throw new Error('This network is for other images than those that are loaded now.');
    session.subject = { ...network, input: await describeInput(splits.train) };
    await keepSubject(session);
  },
});
export type SearchPeer = ReturnType<typeof searchPeer>;

export const pareCalls = (session: Session) => ({
  async connectSearch(port: MessagePort): Promise<void> {
    expose(searchPeer(session), port);
  },
  /** The network that can be pared, and what it comes to on the images that a search would choose by; undefined where there is none. */
  async subjectFacts(): Promise<SubjectFacts | undefined> {
    const { subject, splits } = session;
    if (!subject || !splits) return undefined;
    const { model, weights } = subject;
    const { validation } = keptBack(splits.validation);
    if (model.input.join() !== validation.inputShape.join()) return undefined;
    await using network = await predictor(await session.gpu(), model, weights);
    const { accuracy } = await network.evaluate(validation);
    return accuracy === undefined ? undefined : { accuracy };
  },
});
