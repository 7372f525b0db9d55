import type { BranchLayer } from '../../../model/types.ts';
import { DROPPED, type LayerEdits } from './edits.ts';

export const branchEdits: LayerEdits<BranchLayer> = {
  role: 'block',
  inner: {
    inside: 'branch',
    lists: ({ paths }) => paths,
    with: (layer, paths) => ({ ...layer, paths }),
  },
  ...DROPPED,
};
