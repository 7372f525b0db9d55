// The augmentation of an image of HEIGHT x WIDTH, drawn for each sample. Forwards it is, in this order:
//   warp    scale by SCALE_LEAST to SCALE_LEAST + SCALE_SPAN and rotate by up to 4 QUARTER_TURN about the centre, then shift by up
//           to SHIFT; bilinear between pixels, or, without scale and rotation (WARP), an exact move
//   crop    pad with CROP pixels on each side and take out an image's size, anywhere
//   flip    FLIP_X left to right, FLIP_Y top to bottom, each for half of the images
//   erase   overwrite ERASE_HEIGHT x ERASE_WIDTH pixels, anywhere inside, with a probability of ERASE_THRESHOLD / 2^24
// Where there is no pixel there is FILL. Here each pixel of the result looks back through these for where it comes from.
// Random words: threefry(key = [seed, "AUGM"], counter = [step, 8 row + k]), k = 0: shift down and right; 1: rotation and scale;
// 2: crop down and right; 3: flips (bits 0 and 1) and whether to erase; 4: place to erase. An option that is off leaves the others'
// words as they are. The test's twin is kernels-test/support/augmentation.ts.
//#import state
//#import threefry
struct Augmentation { shift: vec2i, crop: vec2i, flip: vec2<bool>, erase: vec2i, erases: bool, inverse: vec2f }

const SIZE = vec2i(i32(HEIGHT), i32(WIDTH));
const CENTRE = vec2f(f32(HEIGHT - 1u), f32(WIDTH - 1u)) * 0.5;

fn augmentation_words(replica: u32, row: u32, k: u32) -> vec2u {
  return threefry(vec2u(state_seed(replica), 0x4155474du), vec2u(state[0], 8u * row + k));
}

// In [0, 1), a multiple of 2^-24.
fn unit_interval(word: u32) -> f32 { return f32(word >> 8u) * 0x1p-24f; }

// Integers from -most to most.
fn around_zero(words: vec2u, most: vec2u) -> vec2i { return vec2i(words % (2u * most + 1u)) - vec2i(most); }

// The cosine and sine of an angle of at most pi, from its quarter: series whose errors are below 1e-9, and the angle doubled twice,
// since the accuracy of the built-in functions is the driver's choice.
fn cos_sin(quarter: f32) -> vec2f {
  let square = quarter * quarter;
  let sine = quarter * (1.0 + square * (-1.0 / 6.0 + square * (1.0 / 120.0 + square * (-1.0 / 5040.0 + square * (1.0 / 362880.0)))));
  let cosine = 1.0 + square * (-0.5 + square * (1.0 / 24.0 + square * (-1.0 / 720.0 + square * (1.0 / 40320.0 + square * (-1.0 / 3628800.0)))));
  let half = vec2f(1.0 - 2.0 * sine * sine, 2.0 * sine * cosine);
  return vec2f(1.0 - 2.0 * half.y * half.y, 2.0 * half.x * half.y);
}

fn draw_augmentation(replica: u32, row: u32) -> Augmentation {
  var drawn: Augmentation;
  drawn.inverse = vec2f(1.0, 0.0);
  if (SHIFT_Y > 0u || SHIFT_X > 0u) { drawn.shift = around_zero(augmentation_words(replica, row, 0u), vec2u(SHIFT_Y, SHIFT_X)); }
  if (WARP) {
    let words = augmentation_words(replica, row, 1u);
    let size = SCALE_LEAST + SCALE_SPAN * unit_interval(words.y);
    drawn.inverse = cos_sin((2.0 * unit_interval(words.x) - 1.0) * QUARTER_TURN) / size;
  }
  if (CROP_Y > 0u || CROP_X > 0u) { drawn.crop = around_zero(augmentation_words(replica, row, 2u), vec2u(CROP_Y, CROP_X)); }
  if (FLIP_Y || FLIP_X || ERASE_THRESHOLD > 0u) {
    let words = augmentation_words(replica, row, 3u);
    drawn.flip = vec2<bool>(FLIP_Y && (words.x & 2u) != 0u, FLIP_X && (words.x & 1u) != 0u);
    drawn.erases = (words.y >> 8u) < ERASE_THRESHOLD;
  }
  if (ERASE_THRESHOLD > 0u) {
    let room = vec2u(HEIGHT - ERASE_HEIGHT, WIDTH - ERASE_WIDTH) + 1u;
    drawn.erase = vec2i(augmentation_words(replica, row, 4u) % room);
  }
  return drawn;
}

// A channel of a pixel [down, right] of the image that begins at `image`.
fn pixel(image: u32, at: vec2i, channel: u32) -> f32 {
  if (any(at < vec2i(0)) || any(at >= SIZE)) { return FILL; }
  return element(image + (u32(at.x) * WIDTH + u32(at.y)) * CHANNELS + channel);
}

// The same of the image's augmentation.
fn augmented_pixel(drawn: Augmentation, image: u32, at: vec2i, channel: u32) -> f32 {
  if (drawn.erases && all(at >= drawn.erase) && all(at < drawn.erase + vec2i(i32(ERASE_HEIGHT), i32(ERASE_WIDTH)))) { return FILL; }
  let warped = select(at, SIZE - 1 - at, drawn.flip) + drawn.crop;
  if (any(warped < vec2i(0)) || any(warped >= SIZE)) { return FILL; }
  if (!WARP) { return pixel(image, warped - drawn.shift, channel); }
  // The inverse of a rotation, counter-clockwise to the eye: right' = cos right + sin down, down' = cos down - sin right.
  let offset = vec2f(warped - drawn.shift) - CENTRE;
  let origin = CENTRE + offset * drawn.inverse.x + vec2f(offset.y, -offset.x) * drawn.inverse.y;
  if (!(all(origin > vec2f(-1.0)) && all(origin < vec2f(SIZE)))) { return FILL; }
  let corner = floor(origin);
  let part = origin - corner;
  let first = vec2i(corner);
  let top = mix(pixel(image, first, channel), pixel(image, first + vec2i(0, 1), channel), part.y);
  let bottom = mix(pixel(image, first + vec2i(1, 0), channel), pixel(image, first + vec2i(1, 1), channel), part.y);
  return mix(top, bottom, part.x);
}
