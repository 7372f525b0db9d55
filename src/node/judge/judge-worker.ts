// The process that tells for `Judgings` what one training makes of images: started by it, never by hand.
import { constants, setPriority } from 'node:os';
import { DataError } from '../../core/errors.ts';
import { readStudySettings } from '../study-settings.ts';
import type { FromJudge, JudgeRequest } from './judge-messages.ts';
import { judgeTraining } from './judge-training.ts';
import { digestOf, encodeJudgement } from './judgement.ts';
import { keptTraining } from './kept-training.ts';
import { whyNot } from './why-not.ts';

/** Milliseconds between two signs of progress. */
const SIGN_MS = 500;

const send = (message: FromJudge) => process.send?.(message);

async function judge({ folder, record, isBest }: JudgeRequest): Promise<string> {
  const settings = await readStudySettings(folder);
  const kept = await keptTraining(folder, record, isBest);
  if (!settings || !kept) throw new DataError('The study holds no weights of this trial any more.');
  let told = performance.now();
  const { adapter, ...judged } = await judgeTraining(settings, { model: record.model, weights: kept.weights }, (progress) => {
    if (performance.now() - told < SIGN_MS) return;
    told = performance.now();
    send({ type: 'progress', ...progress });
  });
  const date = new Date().toISOString();
  return encodeJudgement({ weights: digestOf(kept.weights), seed: kept.seed, date, adapter, judged });
}

process.title = 'paredown: judges images';
// What is searched beside it goes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
process.on('message', (request: JudgeRequest) => {
  judge(request).then(
    (text) => send({ type: 'judged', text }),
    (error: unknown) => send({ type: 'failed', ...whyNot(error) }),
  );
});
// The server decides what a Ctrl-C means, which the terminal sends to both.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
