// How images lie on the lanes of a subgroup: a row is cut into TILES strips, which overlap by WINDOW_WIDTH - 1 columns. All but the last
// one fill a vector (WHOLE_VECTORS of all images); of the last, which has LAST_LANES columns, TOGETHER lie side by side.
//#import quotient
struct Strip { exists: bool, image: u32, tile: u32, column: u32, lanes: u32 }

const ADVANCE = LANES + 1u - WINDOW_WIDTH;

fn strip_of(vector: u32, lane: u32) -> Strip {
  let fills = TILES > 1u && vector < WHOLE_VECTORS;
  let before_last = max(TILES, 2u) - 1u;
  let beside = quotient(lane, divisor(LAST_LANES));
  let whole_image = quotient(vector, divisor(before_last));
  let image = select((vector - WHOLE_VECTORS) * TOGETHER + beside, whole_image, fills);
  return Strip(
    fills || (beside < TOGETHER && image < BATCH), image, select(TILES - 1u, vector - whole_image * before_last, fills),
    select(lane - beside * LAST_LANES, lane, fills), select(LAST_LANES, LANES, fills),
  );
}
