import type { GradientRule } from '../../graph/differentiate.ts';
import { required } from '../../graph/tensor.ts';
import { reshape } from '../reshape.ts';

export const reshapeGradient: GradientRule = (node, [dy]) => ({ x: dy && reshape(dy, required(node, 'x').shape) });
