// Loaded when the first plot is drawn.
import 'uplot/dist/uPlot.min.css';

export { default as UPlot } from 'uplot';
