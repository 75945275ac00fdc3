/** An uploaded file: its name, its beginning, a link to all of it. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { SharedFile } from '../protocol.js';
import { Icon } from './frame/icon.js';
import { byteWords } from './text/bytes.js';

/** Lines shown before it is unfolded. */
const linesFolded = 6;

export const FileCard = ({ file }: { file: SharedFile }): VNode => {
  const [open, setOpen] = useState(false);
  const lines = file.preview?.split('\n') ?? [];
  const long = lines.length > linesFolded || (file.preview?.length ?? 0) > 600;
  return (
    <div class="file" data-testid="file">
      <div class="file-head">
        <Icon name="file" />
        <span class="file-words">
          <span class="file-name">{file.title || file.name}</span>
          <span class="file-kind">
            {file.name === file.title || file.title === '' ? '' : `${file.name} · `}
            {byteWords(file.sizeBytes)}
          </span>
        </span>
        <a
          class="icon-button"
          href={file.path}
          download={file.name}
          aria-label={`Download ${file.name}`}
          title="Download"
        >
          <Icon name="download" />
        </a>
      </div>
      {file.preview === null ? null : (
        <>
          <pre class={`file-preview ${open ? 'is-open' : ''}`}>
            {open ? file.preview : lines.slice(0, linesFolded).join('\n').slice(0, 600)}
          </pre>
          {open && file.previewTruncated ? <p class="file-more">Download the file to see all of it.</p> : null}
          {long ? (
            <button type="button" class="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Collapse' : `Expand (${lines.length}${file.previewTruncated ? '+' : ''} lines)`}
            </button>
          ) : null}
        </>
      )}
    </div>
  );
};
