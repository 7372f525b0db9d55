import type { BranchLayer } from '../../../model/types.ts';
import { DROPPED, type LayerEdits } from './edits.ts';

export const branchEdits: LayerEdits<BranchLayer> = {
  role: 'block',
  changesInside: 'branch',
  ...DROPPED,
};
