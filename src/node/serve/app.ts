import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { servedPage } from '../../report/served/layout.ts';
import type { PageContent } from '../../report/served/page-parts.ts';
import { SERVED_STYLE } from '../../report/served/style.ts';
import { html } from '../../report/study/markup.ts';
import { SCRIPT } from '../../report/study/script.ts';
import { type LiveRequest, writeRequest } from '../live-state.ts';
import type { Catalogue } from './catalogue.ts';
import { type Access, guard, isSame } from './guard.ts';
import { messageContent } from './message-content.ts';

/** How often is looked for changes; where making a page takes long, less often. */
const LOOK_MILLISECONDS = 500;
/** Making a page may take such a share of the time. */
const BUSY_SHARE = 1 / 4;
/** Who asks for the first page is given what is known by then. */
const PATIENCE_MILLISECONDS = 1500;
/** What a browser that listens is sent where nothing changes, so that a connection that is gone is noticed. */
const SIGN_OF_LIFE_MILLISECONDS = 15_000;

const REQUESTS: readonly string[] = ['pause', 'go on', 'stop'] satisfies LiveRequest[];

export interface AppOptions extends Access {
  readonly catalogue: Catalogue;
  /** The script of the pages. */
  readonly client: URL;
  /** What a form must send to be heeded. */
  readonly formToken: string;
}

export function createApp({ catalogue, client, formToken, ...access }: AppOptions): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  app.use(guard(access));

  /** The page at a path of this server, as it is now; undefined where there is none. */
  const pageAt = async (address: string): Promise<PageContent | undefined> => {
    const [pathname = '', ...rest] = address.split('?');
    if (pathname === '/') {
      await Promise.race([catalogue.refresh(), setTimeout(PATIENCE_MILLISECONDS)]);
      return catalogue.content();
    }
    const [, id = '', below = ''] = /^\/folder\/([0-9a-f]{12})((?:\/[\w/]*)?)$/.exec(pathname) ?? [];
    const folder = catalogue.byId(id);
    if (!folder) return undefined;
    await folder.refresh();
    return folder.content(below, new URLSearchParams(rest.join('?')), formToken);
  };
  /** What changes as a page does: without it nothing is made anew. */
  const stampOf = (address: string) => {
    const [, id = ''] = /^\/folder\/([0-9a-f]{12})/.exec(address) ?? [];
    return id === '' ? catalogue.stamp : catalogue.byId(id)?.stamp;
  };

  app.get('/style.css', (c) => c.text(SERVED_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/client.js', async (c) =>
    c.text(`${SCRIPT}\n${await readFile(client, 'utf8')}`, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );

  app.get('/events', async (c) => {
    const address = c.req.query('path') ?? '/';
    const first = await pageAt(address);
    if (!first) return c.text('There is no such page.', 404);
    const seen = c.req.header('last-event-id') ?? c.req.query('seen') ?? '';
    return streamSSE(c, async (stream) => {
      let page: PageContent | undefined = first;
      let stamp = stampOf(address);
      const now = elementsOf(page);
      let sent: ReadonlyMap<string, string> = versionOf(page) === seen ? now : new Map();
      let told = performance.now();
      while (!stream.aborted) {
        const started = performance.now();
        if (page) {
          const elements = elementsOf(page);
          const changed = [...elements].filter(([id, element]) => sent.get(id) !== element);
          if (changed.length > 0 || sent.size !== elements.size) {
            const changes = { title: titleOf(page), order: [...elements.keys()], changed: Object.fromEntries(changed) };
            await stream.writeSSE({ event: 'changes', id: versionOf(page), data: JSON.stringify(changes) });
            told = performance.now();
          }
          sent = elements;
        }
        if (performance.now() - told > SIGN_OF_LIFE_MILLISECONDS) {
          await stream.write(': here\n\n');
          told = performance.now();
        }
        await stream.sleep(Math.max(LOOK_MILLISECONDS, (performance.now() - started) / BUSY_SHARE));
        if (stream.aborted) return;
        await refreshed(address);
        const present = stampOf(address);
        if (present === stamp) continue;
        stamp = present;
        page = await pageAt(address);
      }
    });
  });

  /** Reads what a page is made from. */
  const refreshed = async (address: string) => {
    const [, id = ''] = /^\/folder\/([0-9a-f]{12})/.exec(address) ?? [];
    if (id === '') await Promise.race([catalogue.refresh(), setTimeout(PATIENCE_MILLISECONDS)]);
    else await catalogue.byId(id)?.refresh();
  };

  /** What a form of a folder's page sends, where it is one of this server; else the answer. */
  const formOf = async (c: Context) => {
    const folder = catalogue.byId(c.req.param('id') ?? '');
    if (!folder) return c.text('There is no such folder.', 404);
    const fields: Readonly<Record<string, unknown>> = await c.req.parseBody();
    const field = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
    if (!isSame(field('token'), formToken))
      return c.text('The page is older than this server: load it again, and ask once more.', 403);
    await folder.refresh();
    return { folder, field };
  };
  const FORM_BYTES = 4096;
  const limit = bodyLimit({ maxSize: FORM_BYTES, onError: (c) => c.text('A form of this page is shorter.', 413) });
  app.post('/folder/:id/control', limit, async (c) => {
    const form = await formOf(c);
    if (form instanceof Response) return form;
    const { folder, field } = form;
    const request = field('request');
    if (folder.session === undefined || field('session') !== folder.session)
      return c.text('The process that this was meant for has ended, or another one runs: load the page again.', 409);
    if (!isRequest(request)) return c.text('A process can pause, go on or stop.', 400);
    await writeRequest(folder.path, folder.session, request);
    return c.redirect(folder.page, 303);
  });
  app.post('/folder/:id/images', limit, async (c) => {
    const form = await formOf(c);
    if (form instanceof Response) return form;
    const { folder, field } = form;
    const request = field('request');
    if (request !== 'look' && request !== 'leave') return c.text('Images can be looked at, or left.', 400);
    const answer = await folder.images({ request, key: field('trial'), known: field('known') });
    if (!answer) return c.text('There is no study in this folder.', 404);
    return 'words' in answer ? c.text(answer.words, answer.status) : c.redirect(`${folder.page}/trial/${answer.number}`, 303);
  });

  app.get('*', async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const page = await pageAt(pathname + search);
    const home = pathname === '/' ? undefined : '/';
    if (page)
      return c.html(servedPage(page, { path: pathname + search, seen: versionOf(page), ...(home && { home }), live: true }));
    const missing = messageContent(
      'There is no such page',
      html`<p>It may have been one of a folder that is no longer served.</p>`,
    );
    return c.html(servedPage(missing, { path: '', seen: '', home: '/', live: false }), 404);
  });
  app.all('*', (c) => c.text('There is nothing to be asked so.', 405));
  app.onError((error, c) => {
    process.stderr.write(`${c.req.path}: ${error.stack ?? error.message}\n`);
    return c.text(`The server failed at this: ${error.message}`, 500);
  });
  return app;
}

function isRequest(text: string): text is LiveRequest {
  return REQUESTS.includes(text);
}

function titleOf({ title }: PageContent): string {
  return `${title} \u2013 paredown`;
}

function elementsOf({ parts }: PageContent): ReadonlyMap<string, string> {
  return new Map(parts.map(({ id, element }) => [id, element.text]));
}

function versionOf(page: PageContent): string {
  const hash = createHash('sha256');
  for (const { element } of page.parts) hash.update(element.text);
  return hash.digest('hex').slice(0, 16);
}
