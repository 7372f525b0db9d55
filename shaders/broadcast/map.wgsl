// y = FACTOR calculate(a, b, c), element by element, each operand with steps of its own along up to eight axes: 0 where it is repeated.
// Broadcasting, transposition and arithmetic are all this.
// Work: a workgroup makes CHUNK elements, the last axis first, an invocation CHUNK / WORKGROUP of them; z = replica.
//#import arithmetic
//#import axes
@group(0) @binding(0) var<storage, read> a: array<TermA>;
@group(0) @binding(1) var<storage, read> b: array<TermB>;
@group(0) @binding(2) var<storage, read> c: array<TermC>;
@group(0) @binding(3) var<storage, read_write> y: array<Result>;

const SIZES = Axes(vec4u(SIZE_0, SIZE_1, SIZE_2, SIZE_3), vec4u(SIZE_4, SIZE_5, SIZE_6, SIZE_7));
const A_STEPS = Axes(vec4u(A_STEP_0, A_STEP_1, A_STEP_2, A_STEP_3), vec4u(A_STEP_4, A_STEP_5, A_STEP_6, A_STEP_7));
const B_STEPS = Axes(vec4u(B_STEP_0, B_STEP_1, B_STEP_2, B_STEP_3), vec4u(B_STEP_4, B_STEP_5, B_STEP_6, B_STEP_7));
const C_STEPS = Axes(vec4u(C_STEP_0, C_STEP_1, C_STEP_2, C_STEP_3), vec4u(C_STEP_4, C_STEP_5, C_STEP_6, C_STEP_7));
const Y_STEPS = Axes(vec4u(Y_STEP_0, Y_STEP_1, Y_STEP_2, Y_STEP_3), vec4u(Y_STEP_4, Y_STEP_5, Y_STEP_6, Y_STEP_7));

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ITEMS);
  let replica = workgroup.z;
  for (var item = first + local; item < end; item += WORKGROUP) {
    let place = unravel(item, SIZES);
    let left = f32(a[replica * A_REPLICA + A_OFFSET + along(place, A_STEPS)]);
    var right = 0.0;
    if (OPERANDS > 1u) { right = f32(b[replica * B_REPLICA + B_OFFSET + along(place, B_STEPS)]); }
    var third = 0.0;
    if (OPERANDS > 2u) { third = f32(c[replica * C_REPLICA + C_OFFSET + along(place, C_STEPS)]); }
    y[replica * Y_REPLICA + Y_OFFSET + along(place, Y_STEPS)] = Result(FACTOR * calculate(left, right, third));
  }
}
