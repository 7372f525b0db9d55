export interface ServeRunsOptions {
  /** 0: any that is free [8080]. */
  readonly port?: number;
  /** An address or name of this machine; one that others reach too asks them for a token, which `url` holds ['127.0.0.1']. */
  readonly host?: string;
  /** The script of the pages: a test that runs from the sources has another [serve-client.js]. */
  readonly client?: URL;
}

export interface ServedRuns extends AsyncDisposable {
  /** What to open in a browser. */
  readonly url: string;
}

/** The server is loaded only where it is used. */
export async function serveRuns(folders: readonly string[], options: ServeRunsOptions = {}): Promise<ServedRuns> {
  const { startServer } = await import('./server.ts');
  return startServer(folders, options);
}
