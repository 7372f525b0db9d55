import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

export interface Access {
  readonly host: string;
  /** Known once the server listens. */
  readonly port: () => number;
  /** Without it, nobody but this machine is let in. */
  readonly token?: string;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Lets in who asks this server by a name of its own, which a page of another one, whose name was made to lead here, does not; who comes
 * from no other page; and, where there is a token, who has it, at first in the address, then in a cookie.
 */
export function guard(access: Access): MiddlewareHandler {
  const { token } = access;
  return async (c, next) => {
    const hosts = hostsOf(access);
    const host = c.req.header('host')?.toLowerCase() ?? '';
    if (!hosts.has(host))
      return c.text(`This server is not called ${JSON.stringify(host)}: open the address that it printed.`, 403);
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`) return c.text('Pages of other servers are refused.', 403);
    if (token === undefined) return next();
    const cookie = `paredown-${access.port()}`;
    const given = c.req.query('token');
    if (given !== undefined && c.req.method === 'GET' && isSame(given, token)) {
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
      // The address that stays in the history holds it no more.
      return c.redirect(c.req.path, 303);
    }
    if (isSame(getCookie(c, cookie) ?? '', token)) return next();
    return c.text('A token is needed: open the address that the server printed.', 401);
  };
}

export function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}

/** By which names, with the port, the server may be asked. */
function hostsOf({ host, port }: Access): ReadonlySet<string> {
  const own = ['localhost', '127.0.0.1', '::1'];
  const addresses = () => Object.values(networkInterfaces()).flatMap((ones = []) => ones.map(({ address }) => address));
  const names = isLoopback(host) ? [host, ...own] : [host, hostname(), ...own, ...(isAny(host) ? addresses() : [])];
  const written = names.map((name) => inAddress(name).toLowerCase());
  return new Set(written.flatMap((name) => [`${name}:${port()}`, ...(port() === 80 ? [name] : [])]));
}

export function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** An address of IPv6 stands in brackets. */
export function inAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
