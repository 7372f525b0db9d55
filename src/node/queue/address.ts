import { OptionError } from '../../core/errors.ts';

const HOW =
  'write redis://HOST:PORT, or with a password redis://:PASSWORD@HOST:PORT, with rediss:// for TLS; a number behind it, as in /2, is the database';

/** Where a queue is. What a person gets to read of it, `shown`, holds neither user nor password. */
export class QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;

  /** Throws an OptionError, which does not repeat the text: it may hold a password. */
  constructor(text: string) {
    const url = parsed(text);
    const [, database = ''] = /^\/?(\d*)$/.exec(url.pathname) ?? [];
    if (!['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '' || !/^\/?\d*$/.test(url.pathname))
      throw new OptionError(`The address of a queue is no redis:// or rediss:// URL; ${HOW}`);
    // What other programs read there may be a password.
    if (/[?#]/.test(text))
      throw new OptionError(
        `The address of a queue is no address with a ? or #, which in a password are written %3F and %23; ${HOW}`,
      );
    this.tls = url.protocol === 'rediss:';
    // Brackets around an IPv6 address are the URL's.
    this.host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.port = url.port === '' ? 6379 : Number(url.port);
    this.database = Number(database);
    this.username = decoded(url.username);
    this.password = decoded(url.password);
  }

  /** `redis://host:6379`, `rediss://host:6380/2` */
  get shown(): string {
    return this.written(this.host, '');
  }

  /** What is to be written on another machine, for which `self` is the name of this one: with USER and PASSWORD where these go. */
  shownFor(self: string): string {
    const isHere = /^(localhost|127\..*|::1)$/.test(this.host);
    const user = this.username === undefined ? '' : 'USER';
    const secret = this.password === undefined ? user : `${user}:PASSWORD`;
    return this.written(isHere ? self : this.host, secret === '' ? '' : `${secret}@`);
  }

  private written(host: string, user: string): string {
    const place = host.includes(':') ? `[${host}]` : host;
    return `redis${this.tls ? 's' : ''}://${user}${place}:${this.port}${this.database > 0 ? `/${this.database}` : ''}`;
  }

  /** A text of another program's, without what is secret. */
  withoutSecrets(text: string): string {
    const secrets = [this.password, this.password && encodeURIComponent(this.password)];
    return secrets.reduce<string>((safe, secret) => (secret ? safe.replaceAll(secret, '***') : safe), text);
  }
}

function parsed(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new OptionError(`The address of a queue is no URL; ${HOW}`);
  }
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
