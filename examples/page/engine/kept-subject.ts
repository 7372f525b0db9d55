import { decodeModel, encodeCompressed, encodeModel } from 'paredown';
import * as v from 'valibot';
import type { Session, Subject } from './session.ts';

/** What more than this comes to is not written into the browser's storage. */
const MOST_KEPT = 256 * 2 ** 20;

const SUBJECT = v.object({
  /** Files: the network, and its integers where it has some. */
  network: v.instance(Uint8Array),
  integers: v.optional(v.instance(Uint8Array)),
  fileName: v.optional(v.string()),
  scalingAssumed: v.optional(v.boolean()),
});

/** Keeps the network that was taken from a file or a search, until a training has one. */
export async function keepSubject(session: Session): Promise<void> {
  const { subject, store } = session;
  if (!subject) return;
  const { model, weights, input, quantized, fileName, scalingAssumed } = subject;
  const network = encodeModel(model, weights, { input });
  if (network.length > MOST_KEPT) {
    await store.drop('subject');
    store.decline('So large a network is not kept: after a reload it is to be loaded again.');
    return;
  }
  const kept = {
    network,
    ...(quantized && { integers: encodeCompressed(quantized, { input }) }),
    ...(fileName !== undefined && { fileName }),
    ...(scalingAssumed && { scalingAssumed }),
  };
  // One follows the other at once: a write that fails leaves no earlier network, and a training that has one meanwhile drops this one.
  session.subjectIsKept = true;
  await Promise.all([store.drop('subject'), store.keep({ subject: kept })]);
}

/** What a store gave back. Throws for what is damaged or was written by another version. */
export function readSubject(value: unknown): Subject {
  const { network, integers, fileName, scalingAssumed } = v.parse(SUBJECT, value);
  const { model, weights, input } = decodeModel(network);
  if (!input) throw new Error('the network was kept without its input');
  const { quantized } = integers ? decodeModel(integers) : {};
  return {
    ...{ model, weights, input },
    ...(quantized && { quantized }),
    ...(fileName !== undefined && { fileName }),
    ...(scalingAssumed && { scalingAssumed }),
  };
}
