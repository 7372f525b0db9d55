// What others published: networks, figures, and how complexity and precision hang together.
export * as complexity from '../papers/complexity/index.ts';
export { published } from '../papers/published.ts';
export { zoo } from '../zoo/zoo.ts';
