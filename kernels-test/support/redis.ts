import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export const hasRedis = (() => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A certificate and its key. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** For this machine, signed by itself, as files in a folder; undefined without openssl. */
export function selfSigned(folder: string): Certificate | undefined {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', ...names],
      { stdio: 'ignore' },
    );
    return { certificate, key };
  } catch {
    return undefined;
  }
}

/** For the name of a suite that is skipped without it. */
export const NO_REDIS = hasRedis ? '' : ' (skipped: no redis-server; on Debian: apt-get install redis-server)';

/** A port on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** A Redis of a test's own, on a free port, which keeps what it holds in a folder of its own (append-only). */
export class RedisServer implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly password: string | undefined,
    private readonly persistent: boolean,
    private readonly tls: Certificate | undefined,
  ) {}

  /** `tls`: it listens with this certificate. */
  static async start({
    password,
    persistent = true,
    tls,
  }: {
    password?: string;
    persistent?: boolean;
    tls?: Certificate;
  } = {}): Promise<RedisServer> {
    const server = new RedisServer(await mkdtemp(join(tmpdir(), 'paredown-redis-')), await freePort(), password, persistent, tls);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis${this.tls ? 's' : ''}://${this.password ? `:${encodeURIComponent(this.password)}@` : ''}127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const listen = this.tls
      ? [
          '--port',
          '0',
          '--tls-port',
          `${this.port}`,
          '--tls-cert-file',
          this.tls.certificate,
          '--tls-key-file',
          this.tls.key,
          '--tls-auth-clients',
          'no',
        ]
      : ['--port', `${this.port}`];
    const args = [...listen, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    args.push(
      '--appendonly',
      this.persistent ? 'yes' : 'no',
      '--appendfsync',
      'always',
      ...(this.password ? ['--requirepass', this.password] : []),
    );
    this.child = spawn('redis-server', args, { stdio: 'ignore' });
    const client = this.client();
    await client.ping();
    client.disconnect();
  }

  /** A client of the test's own. */
  client(): Redis {
    const client = new Redis({
      port: this.port,
      host: '127.0.0.1',
      password: this.password,
      ...(this.tls && { tls: { rejectUnauthorized: false } }),
      maxRetriesPerRequest: null,
      retryStrategy: () => 50,
    });
    client.on('error', () => undefined);
    return client;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((done) => {
      child.once('exit', done);
      child.kill('SIGKILL');
    });
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
