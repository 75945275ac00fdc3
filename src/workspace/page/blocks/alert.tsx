/** alert: a bar in a modal. The level is a sign and a word, never a colour alone. */
import type { AlertBlock } from '@slack/types';
import type { VNode } from 'preact';
import { Icon, type IconName } from '../frame/icon.js';
import { Text } from '../text/inline.js';

const levels: Readonly<Record<string, { icon: IconName; word: string }>> = {
  default: { icon: 'info', word: 'Note' },
  info: { icon: 'info', word: 'Information' },
  warning: { icon: 'alert', word: 'Warning' },
  error: { icon: 'alert', word: 'Error' },
  success: { icon: 'ok', word: 'Success' },
};

export const Alert = ({ block }: { block: AlertBlock }): VNode => {
  const level = block.level ?? 'default';
  const sign = levels[level] ?? { icon: 'info' as const, word: 'Note' };
  return (
    <div class={`alert alert-${level}`} role={level === 'error' || level === 'warning' ? 'alert' : 'status'}>
      <span role="img" aria-label={sign.word} title={sign.word}>
        <Icon name={sign.icon} />
      </span>
      <div>
        <Text of={block.text} />
      </div>
    </div>
  );
};
