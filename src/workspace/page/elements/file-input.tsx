/** The file input: shown as it looks in Slack, with the word that the local workspace takes no files from it. */
import type { FileInput } from '@slack/types';
import type { VNode } from 'preact';
import type { Field } from './element.js';

export const FileInputOf = ({ element, label }: Field<FileInput>): VNode => (
  <div class="file-input" data-action-id={element.action_id}>
    <button type="button" class="button" disabled aria-label={label}>
      Add files
    </button>
    <span class="choice-detail">The local workspace takes no files here.</span>
  </div>
);
