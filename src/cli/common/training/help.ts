export const AVERAGING_HELP = 'test and keep a moving average of the weights, such as 0.998 [none]';
export const SMOOTHING_HELP = 'share of a label that is spread over all classes [0]';
