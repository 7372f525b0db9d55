import { useEffect } from 'preact/hooks';
import { AdapterNotice } from './adapter-notice.tsx';
import { engine } from './engine.ts';
import { lazyRoom } from './lazy-room.tsx';
import { messageOf } from './messages.ts';
import { restore } from './restore.ts';
import { ROOMS, room } from './router.ts';
import { adapter } from './state.ts';
import { StoreNotice } from './store-notice.tsx';
import { TrainRoom } from './train/room.tsx';

const DataRoom = lazyRoom(async () => (await import('./data/room.tsx')).DataRoom);
const NetworkRoom = lazyRoom(async () => (await import('./network/room.tsx')).NetworkRoom);
const DrawRoom = lazyRoom(async () => (await import('./draw/room.tsx')).DrawRoom);
const PareRoom = lazyRoom(async () => (await import('./pare/room.tsx')).PareRoom);
const TakeRoom = lazyRoom(async () => (await import('./take/room.tsx')).TakeRoom);

export function App() {
  useEffect(() => {
    void start();
  }, []);
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <div class="brand">
          <h1>paredown</h1>
          <p>Networks trained on your own GPU, in this page, and made small.</p>
        </div>
        <nav aria-label="Rooms">
          <ul>
            {ROOMS.map(({ hash, title }) => (
              <li key={hash}>
                <a href={hash} aria-current={room.value === hash ? 'page' : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="content" tabIndex={-1}>
        <AdapterNotice />
        <StoreNotice />
        {room.value === '#/' && <TrainRoom />}
        {room.value === '#/data' && <DataRoom />}
        {room.value === '#/network' && <NetworkRoom />}
        {room.value === '#/draw' && <DrawRoom />}
        {room.value === '#/pare' && <PareRoom />}
        {room.value === '#/take' && <TakeRoom />}
      </main>
    </>
  );
}

async function start(): Promise<void> {
  // Data need no GPU: they are there at once.
  void restore();
  try {
    adapter.value = { state: 'open', facts: await engine.adapter() };
  } catch (error) {
    adapter.value = { state: 'none', why: messageOf(error) };
  }
}
