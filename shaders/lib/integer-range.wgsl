// Numbers on the grid of 256 integers that a range of them gives, as TensorFlow Lite makes it: 0 is on the grid.
//   scale = (most - least) / 255, zero = round(-128 - least / scale), x -> (clamp(round(x / scale) + zero, -128, 127) - zero) scale
struct Grid { scale: f32, zero: f32 }

fn grid_of(least: f32, most: f32) -> Grid {
  let scale = (max(most, 0.0) - min(least, 0.0)) / 255.0;
  return Grid(scale, clamp(round(-128.0 - min(least, 0.0) / scale), -128.0, 127.0));
}

fn on_grid(x: f32, grid: Grid) -> f32 { return (clamp(round(x / grid.scale) + grid.zero, -128.0, 127.0) - grid.zero) * grid.scale; }
