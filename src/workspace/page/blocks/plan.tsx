/** plan, task_card: the steps of long work, each with a sign and a word for where it stands. */
import type { PlanBlock, TaskCardBlock } from '@slack/types';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon, type IconName } from '../frame/icon.js';
import { Link, Plain } from '../text/inline.js';
import { isSafeUrl } from '../text/mrkdwn.js';
import { RichText } from './rich-text.js';

const signs: Readonly<Record<string, { icon: IconName; word: string }>> = {
  pending: { icon: 'circle', word: 'Pending' },
  in_progress: { icon: 'dot', word: 'In progress' },
  complete: { icon: 'ok', word: 'Complete' },
  error: { icon: 'alert', word: 'Failed' },
};

export const TaskCard = ({ block }: { block: TaskCardBlock }): VNode => {
  const sign = signs[block.status] ?? { icon: 'circle' as const, word: block.status };
  const detailed = block.details !== undefined || block.output !== undefined || (block.sources ?? []).length > 0;
  const [open, setOpen] = useState(block.status === 'error');
  const head = (
    <>
      <span class={`step-sign step-${block.status}`} role="img" aria-label={sign.word} title={sign.word}>
        {block.status === 'in_progress' ? <span class="spinner" aria-hidden="true" /> : <Icon name={sign.icon} />}
      </span>
      <span class="step-title">
        <Plain text={block.title} />
      </span>
    </>
  );
  return (
    <div class="step" data-status={block.status} data-testid="task-card">
      {detailed ? (
        <button type="button" class="step-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          {head}
          <Icon name={open ? 'chevron-down' : 'chevron-right'} />
        </button>
      ) : (
        <div class="step-head">{head}</div>
      )}
      {detailed && open ? (
        <div class="step-body">
          {block.details === undefined ? null : <RichText block={block.details} />}
          {block.output === undefined ? null : <RichText block={block.output} />}
          {(block.sources ?? []).map((source) =>
            isSafeUrl(source.url) ? (
              <Link key={source.url} url={source.url}>
                {source.text}
              </Link>
            ) : null,
          )}
        </div>
      ) : null}
    </div>
  );
};

const isTask = (task: TaskCardBlock | Record<string, unknown>): task is TaskCardBlock =>
  typeof task['title'] === 'string' && typeof task['status'] === 'string';

export const Plan = ({ block }: { block: PlanBlock }): VNode => {
  const tasks = (block.tasks ?? []).filter(isTask);
  const done = tasks.filter((task) => task.status === 'complete').length;
  return (
    <div class="plan" data-testid="plan">
      <div class="plan-head">
        <span class="plan-title">
          <Plain text={block.title} />
        </span>
        <span class="plan-count">
          {done} of {tasks.length} done
        </span>
      </div>
      <ol class="plan-steps">
        {tasks.map((task, index) => (
          <li key={task.task_id ?? index}>
            <TaskCard block={task} />
          </li>
        ))}
      </ol>
    </div>
  );
};
