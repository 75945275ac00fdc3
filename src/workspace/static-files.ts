/** The page's files, out of its folder and out of the few packages that it uses in the browser. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages whose files the page may load from `/vendor/<package>/…`. */
const vendors = ['preact', 'marked', '@fontsource/lato'] as const;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.map': 'application/json',
  '.json': 'application/json',
};

export interface StaticFile {
  content: Buffer;
  type: string;
}

const folder = fileURLToPath(new URL('./page/', import.meta.url));

/** A file below a folder; undefined where there is none, or where the path leads out of it. */
const below = async (root: string, path: string): Promise<StaticFile | undefined> => {
  const file = normalize(join(root, path));
  const type = types[extname(file)];
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep) || type === undefined) return undefined;
  try {
    return { content: await readFile(file), type };
  } catch {
    return undefined;
  }
};

/** @param pathname decoded path of the request */
export const staticFile = async (pathname: string, pageFolder = folder): Promise<StaticFile | undefined> => {
  if (pathname === '/') return below(pageFolder, 'index.html');
  if (pathname.startsWith('/page/')) return below(pageFolder, pathname.slice('/page/'.length));
  // What the page shares with the server: its modules may import one level up.
  const vendor = vendors.find((name) => pathname.startsWith(`/vendor/${name}/`));
  if (vendor === undefined) return undefined;
  const root = dirname(createRequire(import.meta.url).resolve(`${vendor}/package.json`));
  return below(root, pathname.slice(`/vendor/${vendor}/`.length));
};

/**
 * The page runs its own scripts and talks to this server only. Import maps must stand in the page itself: each inline script
 * is allowed by its hash.
 */
export const contentSecurityPolicy = (html: string, host: string): string => {
  const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`.trim(),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: https:",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
};
