/** Uploaded files: the address to upload to, the bytes, what the page shows of them. */
import { slackId } from './ids.js';
import type { SharedFile } from './protocol.js';

const fileBytesMax = 20_000_000;
const filesMax = 500;
const previewCharactersMax = 4000;

interface StoredFile {
  readonly name: string;
  readonly lengthBytes: number;
  content: Uint8Array | null;
  shared: SharedFile | null;
}

const mimetypes: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  log: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  yml: 'application/yaml',
  yaml: 'application/yaml',
  png: 'image/png',
};

/** The text of a file that is text, else null. */
const textOf = (content: Uint8Array): string | null => {
  if (content.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return null;
  }
};

export class Files {
  private readonly stored = new Map<string, StoredFile>();

  /** @returns the file's id; undefined where it is too large */
  announce(name: string, lengthBytes: number): string | undefined {
    if (lengthBytes > fileBytesMax) return undefined;
    const id = slackId('F');
    this.stored.set(id, { name, lengthBytes, content: null, shared: null });
    const [oldest] = this.stored.keys();
    if (this.stored.size > filesMax && oldest !== undefined) this.stored.delete(oldest);
    return id;
  }

  /** @returns why it was not taken; undefined: it was */
  receive(id: string, content: Uint8Array): 'not_found' | 'wrong_length' | undefined {
    const file = this.stored.get(id);
    if (file === undefined) return 'not_found';
    if (content.byteLength !== file.lengthBytes) return 'wrong_length';
    file.content = content;
    return undefined;
  }

  /** @returns undefined where nothing was uploaded under this id */
  complete(id: string, title: string | undefined): SharedFile | undefined {
    const file = this.stored.get(id);
    if (file?.content == null) return undefined;
    const text = textOf(file.content);
    const extension = file.name.split('.').at(-1)?.toLowerCase() ?? '';
    file.shared = {
      id,
      name: file.name,
      title: title ?? file.name,
      mimetype: mimetypes[extension] ?? (text === null ? 'application/octet-stream' : 'text/plain'),
      sizeBytes: file.content.byteLength,
      path: `/files/${id}/${encodeURIComponent(file.name)}`,
      preview: text?.slice(0, previewCharactersMax) ?? null,
      previewTruncated: (text?.length ?? 0) > previewCharactersMax,
    };
    return file.shared;
  }

  content(id: string): { content: Uint8Array; shared: SharedFile } | undefined {
    const file = this.stored.get(id);
    return file?.content == null || file.shared === null ? undefined : { content: file.content, shared: file.shared };
  }
}
