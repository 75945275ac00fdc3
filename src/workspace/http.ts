/** The one HTTP server on loopback: Web API, response URLs, uploads, files, the page. Refuses what a foreign page could send. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Inside } from './inside.js';
import { respond } from './response-url.js';
import { contentSecurityPolicy, staticFile } from './static-files.js';
import type { WebApi } from './web-api/router.js';

const bodyBytesMax = 25_000_000;

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk as Uint8Array);
    bytes += buffer.length;
    if (bytes > bodyBytesMax) throw new Error(`the body is larger than ${bodyBytesMax} bytes`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
};

/** The address that a request must name: a page elsewhere can't get around it by a name that resolves to loopback. */
export const hostAllowed = (request: IncomingMessage, port: number): boolean =>
  [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(request.headers.host ?? '');

/** A browser's WebSocket or POST must come from this very page. */
export const originAllowed = (request: IncomingMessage): boolean =>
  request.headers.origin === undefined || request.headers.origin === `http://${request.headers.host}`;

/** Uploaded content: as it is, or the one part of a multipart form. */
const uploaded = async (contentType: string, body: Buffer): Promise<Uint8Array | undefined> => {
  if (!contentType.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  for (const part of form.values()) if (typeof part !== 'string') return new Uint8Array(await part.arrayBuffer());
  for (const part of form.values()) if (typeof part === 'string') return Buffer.from(part);
  return undefined;
};

export class Http {
  readonly server: Server;

  constructor(
    private readonly inside: Inside,
    private readonly api: WebApi,
    private readonly port: () => number,
    private readonly pageFolder?: string,
  ) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => {
        this.inside.log('error', `${request.method} ${request.url?.split('?')[0]}: ${String(error)}`);
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
        response.end('internal error');
      });
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!hostAllowed(request, this.port())) return plain(response, 403, 'wrong Host header');
    const [, door = '', ...rest] = pathname.split('/');
    const isApi = door === 'api' || door === 'response' || door === 'upload';
    // These are the app's doors: no browser has anything to do here.
    if (isApi && request.headers.origin !== undefined) return plain(response, 403, 'not for browsers');
    if (isApi && request.method !== 'POST' && door !== 'api') return plain(response, 405, 'POST only');
    const contentType = request.headers['content-type'] ?? '';
    if (door === 'api') {
      const query = new URL(request.url ?? '/', 'http://localhost').search.slice(1);
      const body = request.method === 'POST' ? (await readBody(request)).toString() : query;
      const answer = await this.api.call(rest.join('/'), request.headers.authorization, contentType, body);
      response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
      response.end(JSON.stringify(answer.body));
    } else if (door === 'response') {
      const answer = respond(this.inside, rest[0] ?? '', (await readBody(request)).toString());
      plain(response, answer.status, answer.body);
    } else if (door === 'upload') {
      const content = await uploaded(contentType, await readBody(request));
      const refusal = content === undefined ? 'no_file' : this.inside.files.receive(rest[0] ?? '', content);
      plain(response, refusal === undefined ? 200 : 400, refusal ?? `OK - ${content?.byteLength ?? 0}`);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') plain(response, 405, 'GET only');
    else if (door === 'files') this.file(response, rest[0] ?? '');
    else await this.page(request, response, pathname);
  }

  private file(response: ServerResponse, id: string): void {
    const file = this.inside.files.content(id);
    if (file === undefined) {
      plain(response, 404, 'no such file');
      return;
    }
    // Always a download: an uploaded page must not run here.
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.shared.name)}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    response.end(file.content);
  }

  private async page(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    let path: string;
    try {
      path = decodeURIComponent(pathname);
    } catch {
      return plain(response, 400, 'bad path');
    }
    const file = await staticFile(path, this.pageFolder);
    if (file === undefined) return plain(response, 404, 'not found');
    response.writeHead(200, {
      'content-type': file.type,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      ...(file.type.startsWith('text/html')
        ? { 'content-security-policy': contentSecurityPolicy(file.content.toString(), request.headers.host ?? '') }
        : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : file.content);
  }
}

const plain = (response: ServerResponse, status: number, words: string): void => {
  response.writeHead(status, {
    'content-type': words.startsWith('{') ? 'application/json' : 'text/plain; charset=utf-8',
  });
  response.end(words);
};
