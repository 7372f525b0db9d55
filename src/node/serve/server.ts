import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { createAdaptorServer } from '@hono/node-server';
import { DataError, OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { createApp } from './app.ts';
import { Catalogue } from './catalogue.ts';
import { inAddress, isAny, isLoopback } from './guard.ts';
import { Judgings } from './judgings.ts';
import type { ServedRuns, ServeRunsOptions } from './serve-runs.ts';

export async function startServer(
  folders: readonly string[],
  { port = 8080, host = '127.0.0.1', client = new URL('./serve-client.js', import.meta.url) }: ServeRunsOptions,
): Promise<ServedRuns> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new OptionError(`serveRuns: port must be an integer from 0 to 65535, got ${shown(port)}`);
  if (typeof host !== 'string' || host === '')
    throw new OptionError(
      `serveRuns: host must be a name or an address of this machine, such as '127.0.0.1', got ${shown(host)}`,
    );
  const judgings = new Judgings();
  const catalogue = await Catalogue.open(folders, judgings);
  const token = isLoopback(host) ? undefined : randomBytes(16).toString('hex');
  const formToken = randomBytes(16).toString('hex');
  let listening = port;
  const app = createApp({ catalogue, client, formToken, host, port: () => listening, ...(token !== undefined && { token }) });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, port, host);
  listening = (server.address() as AddressInfo).port;
  const address = `http://${inAddress(isAny(host) ? ownAddress() : host)}:${listening}/`;
  return {
    url: token === undefined ? address : `${address}?token=${token}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      // Browsers that listen for changes would hold it open.
      server.closeAllConnections();
      await judgings[Symbol.asyncDispose]();
      await closed;
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((listens, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => failed(listenError(error, port, host)));
    server.listen(port, host, listens);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const where = `${inAddress(host)}:${port}`;
  const told = (words: string) => Object.assign(new DataError(`${where}: ${words}`, { cause: error }), { code: error.code });
  if (error.code === 'EADDRINUSE')
    return told(
      'another program listens there, maybe an earlier `paredown serve`: end it, or name another port (--port 0: any that is free)',
    );
  if (error.code === 'EACCES') return told('this user may not listen there: name a port of 1024 or more');
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return told('this machine has no such address: name one of its own, 127.0.0.1 for itself alone or 0.0.0.0 for all');
  return told(error.message);
}

/** By which other machines may reach this one. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((ones = []) => ones);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? hostname();
}
