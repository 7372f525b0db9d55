import { signal } from '@preact/signals';

/** Rooms of the page, by the hash that leads there. */
export const ROOMS = [
  { hash: '#/', title: 'Train' },
  { hash: '#/data', title: 'Data' },
  { hash: '#/network', title: 'Network' },
  { hash: '#/draw', title: 'Draw' },
  { hash: '#/pare', title: 'Pare down' },
  { hash: '#/take', title: 'Take away' },
] as const;
export type Hash = (typeof ROOMS)[number]['hash'];

const current = (): Hash => ROOMS.find(({ hash }) => hash === location.hash)?.hash ?? '#/';
export const room = signal<Hash>(current());
addEventListener('hashchange', () => {
  room.value = current();
});
