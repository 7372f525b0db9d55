import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './redis.ts';

/** How long nobody listens after a cut. */
const AWAY_MILLISECONDS = 200;

/** A way to a Redis that is cut once, at a chosen moment: as if Redis were killed then, and begun anew. */
export class CutProxy implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private left = Number.POSITIVE_INFINITY;
  private closed = false;

  private constructor(
    private readonly target: number,
    private readonly port: number,
  ) {}

  static async start(target: number): Promise<CutProxy> {
    const proxy = new CutProxy(target, await freePort());
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get wasCut(): boolean {
    return this.left <= 0;
  }

  /** Cuts at the moment of this number from now, 1 the next: a connection made, or a piece sent either way, of which half arrives. */
  cutAt(moment: number): void {
    this.left = moment;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    this.cut();
  }

  private listen(): Promise<void> {
    const server = createServer((client) => this.accept(client));
    this.server = server;
    return new Promise((done) => server.listen(this.port, '127.0.0.1', done));
  }

  private accept(client: Socket): void {
    const redis = connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay();
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (piece) => {
        const isLast = --this.left === 0;
        to.write(isLast ? piece.subarray(0, piece.length / 2) : piece, () => {
          if (isLast) this.cut();
        });
      });
    }
    if (--this.left === 0) this.cut();
  }

  private cut(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    if (!this.closed) setTimeout(() => this.closed || this.listen(), AWAY_MILLISECONDS);
  }
}
