import { type Dataset, predictor, type QuantizedModel, quantize } from 'paredown';
import type { Session, Splits, Subject } from '../session.ts';
import type { IntegersReport } from './calls.ts';

export interface Integers {
  readonly quantized: QuantizedModel;
  readonly report: IntegersReport;
}

/** The network in integers of 8 bits, calibrated and compared on the images of the session; or those that its file holds. */
export async function integersOf(session: Session, subject: Subject): Promise<Integers> {
  const { model, weights, input } = subject;
  const fitting = session.splits && whyNot(subject, session.splits) === undefined ? session.splits : undefined;
  if (subject.quantized) {
    const { quantized } = subject;
    const measured = fitting && (await compared(session, subject, quantized, fitting.validation));
    return { quantized, report: { bits: quantized.bits.weights, ...(measured && { measured }) } };
  }
  if (!fitting) throw new Error(session.splits ? whyNot(subject, session.splits) : 'There are no data to calibrate it by.');
  const quantized = await quantize(await session.gpu(), model, weights, { calibration: fitting.train, input });
  return { quantized, report: { bits: 8, measured: await compared(session, subject, quantized, fitting.validation) } };
}

/** Why the images of the session can't calibrate the network and tell its accuracy. */
function whyNot({ model, input }: Subject, { train }: Splits): string | undefined {
  const choose = 'choose the data that it was trained on in the room Data';
  if (train.inputShape.join() !== model.input.join())
    return `The images here are ${train.inputShape.join(' x ')}, those of the network ${model.input.join(' x ')}: ${choose}.`;
  const [own, known] = [input.classNames, train.classNames];
  if (own && known && own.join('\n') !== known.join('\n'))
    return `The images here show other classes than the network tells: ${choose}.`;
  return undefined;
}

async function compared(session: Session, { model, weights }: Subject, quantized: QuantizedModel, validation: Dataset) {
  const gpu = await session.gpu();
  await using floats = await predictor(gpu, model, weights);
  await using integers = await predictor(gpu, quantized);
  const accuracyOf = async (network: typeof floats) => (await network.evaluate(validation)).accuracy ?? Number.NaN;
  return { floats: await accuracyOf(floats), integers: await accuracyOf(integers), images: validation.size };
}
