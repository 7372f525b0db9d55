/** How a model's output for one sample tells the probability of each class. */
export type OutputKind =
  /** The output is the probabilities: of a softmax, or of several sigmoids or lengths of capsules, each of its own class. */
  | 'probabilities'
  | 'logits'
  /** One number tells two classes apart: the probability of class 1, or its logit. */
  | 'probability of the second'
  | 'logit of the second';

/** `activation` is that which the model ends with; `names`: how many names the classes have, where they have some. */
export function outputKind(
  activation: 'softmax' | 'sigmoid' | undefined,
  outputs: number,
  names: number | undefined,
): OutputKind {
  if (activation === 'softmax') return 'probabilities';
  const sigmoid = activation === 'sigmoid';
  if (outputs !== 1 || names === 1) return sigmoid ? 'probabilities' : 'logits';
  return sigmoid ? 'probability of the second' : 'logit of the second';
}

/** The probability of each class. */
export function probabilitiesOf(kind: OutputKind, output: Float32Array): number[] {
  const [first = 0] = output;
  switch (kind) {
    case 'probabilities':
      return [...output];
    case 'logits':
      return softmax(output);
    case 'probability of the second':
      return [1 - first, first];
    case 'logit of the second':
      return [1 / (1 + Math.exp(first)), 1 / (1 + Math.exp(-first))];
  }
}

function softmax(logits: Float32Array): number[] {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
