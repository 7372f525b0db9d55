import type { WindowGeometry } from '../../core/geometry.ts';
import type { Constants } from '../../gpu/composer.ts';

/** A window as the shaders of integers name its sizes. */
export function windowConstants(g: WindowGeometry): Constants {
  return {
    IN_HEIGHT: g.inputHeight,
    IN_WIDTH: g.inputWidth,
    OUT_HEIGHT: g.outputHeight,
    OUT_WIDTH: g.outputWidth,
    WINDOW_HEIGHT: g.windowHeight,
    WINDOW_WIDTH: g.windowWidth,
    STRIDE_HEIGHT: g.strideHeight,
    STRIDE_WIDTH: g.strideWidth,
    DILATION_HEIGHT: g.dilationHeight,
    DILATION_WIDTH: g.dilationWidth,
    TOP: g.top,
    LEFT: g.left,
  };
}
