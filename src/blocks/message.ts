/** What a message is before it is sent. Only `blocks` knows what it looks like, only `slack` how it travels. */
import type { Block, KnownBlock, View } from '@slack/types';

export interface ChartSeries {
  name: string;
  data: readonly { label: string; value: number }[];
}

/** Slack's native chart (2026-06-16); not typed in @slack/types 3.2.0. Limits: slack-facts. At most two a message. */
export interface DataVisualizationBlock extends Block {
  type: 'data_visualization';
  title: string;
  chart:
    | { type: 'pie'; segments: readonly { label: string; value: number }[] }
    | {
        type: 'bar' | 'line' | 'area';
        series: readonly ChartSeries[];
        axis_config: { categories: readonly string[]; x_label?: string; y_label?: string };
      };
}

export type AnyBlock = KnownBlock | DataVisualizationBlock;

export interface Message {
  /** the verdict in one line: what a phone and a screen reader get */
  text: string;
  blocks: readonly AnyBlock[];
  /** the same in section, context, actions and table blocks alone, sent when Slack answers invalid_blocks */
  fallback?: readonly AnyBlock[];
}

export type Modal = Extract<View, { type: string }>;
