import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import type { App } from '../base.ts';
import { Problem } from '../problems.ts';
import { type Representation, representationOf } from '../representations.ts';
import { answer, problems, UNCHANGED } from '../schemas/problem.ts';
import { sendRepresentation } from './respond.ts';

/** All the page is made of comes from here; it is in no frame and sends no form. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A file whose name changes with what is in it. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const NOT_BUILT = 'The page was not built: "npm run bundle-page" does; the API is described at /docs';

const MEDIA_TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/**
 * The page for people, and the files it is made of: for everybody, as there is nothing in them of anybody's. They are read
 * once.
 *
 * @param folder - where scripts/bundle-page.ts wrote it; without it `/` says so, and all else works
 */
export function addPageRoutes(app: App, folder: string | undefined): void {
  const { page, assets } = filesIn(folder);
  const tags = ['documentation'];

  app.get(
    '/',
    {
      schema: {
        operationId: 'readPage',
        summary: 'All FogRollouts as a page to look at',
        tags,
        response: { 200: answer('The page', Type.String(), 'text/html'), ...UNCHANGED, ...problems(404, 431) },
      },
    },
    (request, reply) => {
      if (!page) throw new Problem(404, NOT_BUILT);
      sendRepresentation(request, reply, page);
    },
  );

  app.get('/assets/:file', { schema: { hide: true } }, (request, reply) => {
    const asset = assets.get((request.params as { file: string }).file);
    if (!asset) throw new Problem(404, 'There is no such file: the page may be a newer one by now');
    sendRepresentation(request, reply, asset);
  });
}

interface PageFiles {
  page?: Representation;
  assets: Map<string, Representation>;
}

function filesIn(folder: string | undefined): PageFiles {
  const assets = new Map<string, Representation>();
  if (folder === undefined) return { assets };
  try {
    const headers = ['content-security-policy', POLICY, 'referrer-policy', 'no-referrer'];
    const mediaType = 'text/html; charset=utf-8';
    const page = representationOf(readFileSync(join(folder, 'index.html')), { mediaType, headers, gzip: true });
    for (const name of readdirSync(join(folder, 'assets'))) {
      const mediaType = MEDIA_TYPES[name.split('.').at(-1)!];
      if (!mediaType) continue;
      const content = readFileSync(join(folder, 'assets', name));
      assets.set(name, representationOf(content, { mediaType, cacheControl: FOR_EVER, gzip: true }));
    }
    return { page, assets };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { assets };
  }
}
