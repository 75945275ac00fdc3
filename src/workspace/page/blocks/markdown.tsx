/** The markdown block: standard Markdown, read by marked's lexer and drawn as elements, so that HTML in it stays text. */
import type { MarkdownBlock } from '@slack/types';
import { marked, type Token, type Tokens } from 'marked';
import { Fragment, type VNode } from 'preact';
import { Link, Plain } from '../text/inline.js';
import { isSafeUrl } from '../text/mrkdwn.js';

/** The lexer leaves these entities in plain text; nothing else is decoded. */
const decode = (text: string): string =>
  text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '',
  );

const Many = ({ tokens }: { tokens: readonly Token[] | undefined }): VNode => (
  <Fragment>
    {(tokens ?? []).map((token, index) => (
      <One key={index} token={token as Tokens.Generic} />
    ))}
  </Fragment>
);

const Headed = ({ depth, children }: { depth: number; children: preact.ComponentChildren }): VNode =>
  depth <= 1 ? (
    <h2 class="md-heading">{children}</h2>
  ) : depth === 2 ? (
    <h3 class="md-heading">{children}</h3>
  ) : (
    <h4 class="md-heading">{children}</h4>
  );

const TableOf = ({ table }: { table: Tokens.Table }): VNode => (
  <div class="table-frame">
    <table class="table">
      <thead>
        <tr>
          {table.header.map((cell, index) => (
            <th scope="col" class={`align-${cell.align ?? 'left'}`} key={index}>
              <Many tokens={cell.tokens} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td class={`align-${cell.align ?? 'left'}`} key={column}>
                <Many tokens={cell.tokens} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const One = ({ token }: { token: Tokens.Generic }): VNode => {
  switch (token.type) {
    case 'space':
    case 'def':
      return <Fragment />;
    case 'paragraph':
      return (
        <p class="md-paragraph">
          <Many tokens={token.tokens} />
        </p>
      );
    case 'heading':
      return (
        <Headed depth={token['depth'] as number}>
          <Many tokens={token.tokens} />
        </Headed>
      );
    case 'code':
      return <pre class="preformatted">{token['text'] as string}</pre>;
    case 'blockquote':
      return (
        <blockquote>
          <Many tokens={token.tokens} />
        </blockquote>
      );
    case 'list': {
      const list = token as unknown as Tokens.List;
      const items = list.items.map((item, index) => (
        <li key={index}>
          {item.task ? <input type="checkbox" checked={item.checked === true} disabled aria-label="done" /> : null}
          <Many tokens={item.tokens.filter((part) => part.type !== 'checkbox')} />
        </li>
      ));
      return list.ordered ? <ol start={list.start === '' ? 1 : list.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'hr':
      return <hr class="divider" />;
    case 'table':
      return <TableOf table={token as unknown as Tokens.Table} />;
    case 'strong':
      return (
        <b>
          <Many tokens={token.tokens} />
        </b>
      );
    case 'em':
      return (
        <i>
          <Many tokens={token.tokens} />
        </i>
      );
    case 'del':
      return (
        <s>
          <Many tokens={token.tokens} />
        </s>
      );
    case 'codespan':
      return <code>{token['text'] as string}</code>;
    case 'br':
      return <br />;
    case 'link':
    case 'image': {
      const href = token['href'] as string;
      const words = token.tokens === undefined ? (token['text'] as string) : <Many tokens={token.tokens} />;
      return isSafeUrl(href) ? <Link url={href}>{words}</Link> : <Fragment>{words}</Fragment>;
    }
    case 'text':
      if (token.tokens !== undefined) return <Many tokens={token.tokens} />;
      return <Plain text={decode(token['text'] as string)} />;
    case 'escape':
      return <Fragment>{decode(token['text'] as string)}</Fragment>;
    default:
      // HTML and whatever is new: as it was written
      return <Fragment>{token.raw}</Fragment>;
  }
};

export const MarkdownOf = ({ block }: { block: MarkdownBlock }): VNode => (
  <div class="markdown">
    <Many tokens={marked.lexer(block.text)} />
  </div>
);
