// y[s, ...kept axes] = FACTOR sum over the part s of the other axes of calculate(a, b, c); each operand has steps of its own along up to
// eight kept and eight other axes, 0 where it is repeated. Parts of y, and replicas, lie PART elements apart.
// Work: an invocation a kept element of a part, the last kept axis first; z = replica x splits + split.
//#import arithmetic
//#import axes
//#import long-sum
@group(0) @binding(0) var<storage, read> a: array<TermA>;
@group(0) @binding(1) var<storage, read> b: array<TermB>;
@group(0) @binding(2) var<storage, read> c: array<TermC>;
@group(0) @binding(3) var<storage, read_write> y: array<Result>;

alias Term = f32;

const SIZES = Axes(vec4u(SIZE_0, SIZE_1, SIZE_2, SIZE_3), vec4u(SIZE_4, SIZE_5, SIZE_6, SIZE_7));
const A_STEPS = Axes(vec4u(A_STEP_0, A_STEP_1, A_STEP_2, A_STEP_3), vec4u(A_STEP_4, A_STEP_5, A_STEP_6, A_STEP_7));
const B_STEPS = Axes(vec4u(B_STEP_0, B_STEP_1, B_STEP_2, B_STEP_3), vec4u(B_STEP_4, B_STEP_5, B_STEP_6, B_STEP_7));
const C_STEPS = Axes(vec4u(C_STEP_0, C_STEP_1, C_STEP_2, C_STEP_3), vec4u(C_STEP_4, C_STEP_5, C_STEP_6, C_STEP_7));
const Y_STEPS = Axes(vec4u(Y_STEP_0, Y_STEP_1, Y_STEP_2, Y_STEP_3), vec4u(Y_STEP_4, Y_STEP_5, Y_STEP_6, Y_STEP_7));
const SUMMED = Axes(vec4u(SUMMED_0, SUMMED_1, SUMMED_2, SUMMED_3), vec4u(SUMMED_4, SUMMED_5, SUMMED_6, SUMMED_7));
const A_TERMS = Axes(vec4u(A_TERM_0, A_TERM_1, A_TERM_2, A_TERM_3), vec4u(A_TERM_4, A_TERM_5, A_TERM_6, A_TERM_7));
const B_TERMS = Axes(vec4u(B_TERM_0, B_TERM_1, B_TERM_2, B_TERM_3), vec4u(B_TERM_4, B_TERM_5, B_TERM_6, B_TERM_7));
const C_TERMS = Axes(vec4u(C_TERM_0, C_TERM_1, C_TERM_2, C_TERM_3), vec4u(C_TERM_4, C_TERM_5, C_TERM_6, C_TERM_7));

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z / SPLITS;
  let first = (workgroup.z % SPLITS) * TERMS_A_SPLIT;
  let end = min(first + TERMS_A_SPLIT, TERMS);
  let place = unravel(item, SIZES);
  let a_at = replica * A_REPLICA + A_OFFSET + along(place, A_STEPS);
  let b_at = replica * B_REPLICA + B_OFFSET + along(place, B_STEPS);
  let c_at = replica * C_REPLICA + C_OFFSET + along(place, C_STEPS);
  var sum = LongSum();
  for (var i = first; i < end; i++) {
    let term = unravel(i, SUMMED);
    let left = f32(a[a_at + along(term, A_TERMS)]);
    var right = 0.0;
    if (OPERANDS > 1u) { right = f32(b[b_at + along(term, B_TERMS)]); }
    var third = 0.0;
    if (OPERANDS > 2u) { third = f32(c[c_at + along(term, C_TERMS)]); }
    add_term(&sum, calculate(left, right, third));
  }
  y[workgroup.z * PART + Y_OFFSET + along(place, Y_STEPS)] = Result(FACTOR * total_of(sum));
}
