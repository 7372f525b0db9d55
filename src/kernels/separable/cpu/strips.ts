/** How images lie on the lanes of a subgroup; see shaders/lib/separable-strips.wgsl. `positions` are the columns of a whole row. */
export function stripsOf(batch: number, positions: number, windowWidth: number, lanes: number) {
  const beside = windowWidth - 1;
  const advance = lanes - beside;
  const tiles = Math.max(1, Math.ceil((positions - beside) / advance));
  const last = positions - (tiles - 1) * advance;
  const together = Math.floor(lanes / last);
  const whole = batch * (tiles - 1);
  const vectors = whole + Math.ceil(batch / together);
  return {
    vectors,
    constants: {
      BATCH: batch,
      LANES: lanes,
      TILES: tiles,
      LAST_LANES: last,
      TOGETHER: together,
      WHOLE_VECTORS: whole,
      VECTORS: vectors,
    },
  };
}
