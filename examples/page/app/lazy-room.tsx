import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from './messages.ts';

/** A room whose module is loaded when it is first entered. */
export function lazyRoom(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function LazyRoom() {
    const [, show] = useState(loaded);
    const [why, setWhy] = useState<string>();
    useEffect(() => {
      if (loaded) return;
      load().then(
        (room) => {
          loaded = room;
          show(() => room);
        },
        (error: unknown) => setWhy(messageOf(error)),
      );
    }, []);
    const Room = loaded;
    if (Room) return <Room />;
    return (
      <p class={why ? 'notice bad' : 'soft'} role="status">
        {why ? `This part of the page could not be loaded: ${why}` : 'Loads …'}
      </p>
    );
  };
}
