/** file and video blocks: boxes that name what Slack would show. */
import type { FileBlock, VideoBlock } from '@slack/types';
import type { VNode } from 'preact';
import { Icon } from '../frame/icon.js';
import { Link, Plain } from '../text/inline.js';
import { isSafeUrl } from '../text/mrkdwn.js';

export const FileOf = ({ block }: { block: FileBlock }): VNode => (
  <div class="file-card">
    <Icon name="file" />
    <span>Remote file {block.external_id}</span>
  </div>
);

export const Video = ({ block }: { block: VideoBlock }): VNode => (
  <figure class="video">
    <figcaption>
      {block.title_url !== undefined && isSafeUrl(block.title_url) ? (
        <Link url={block.title_url}>{block.title.text}</Link>
      ) : (
        <Plain text={block.title.text} />
      )}
    </figcaption>
    <div class="video-box" role="img" aria-label={block.alt_text}>
      Videos are not played in the local workspace
    </div>
  </figure>
);
