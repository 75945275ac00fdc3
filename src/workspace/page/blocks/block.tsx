/** Every block that Slack knows, by its type. */
import type { VNode } from 'preact';
import type { AnyBlock } from '../../../blocks/message.js';
import { Chart } from '../chart/chart.js';
import { Actions, ContextActions } from './actions.js';
import { Alert } from './alert.js';
import { Card, Carousel } from './card.js';
import { Container } from './container.js';
import { DataTable } from './data-table.js';
import { FileOf, Video } from './file.js';
import { ImageOf } from './image.js';
import { Input } from './input.js';
import { MarkdownOf } from './markdown.js';
import { Plan, TaskCard } from './plan.js';
import { RichText } from './rich-text.js';
import { Context, Header, Section } from './section.js';
import { Table } from './table.js';
import { Guarded, Unsupported } from './unsupported.js';

const Drawn = ({ block }: { block: AnyBlock }): VNode => {
  switch (block.type) {
    case 'section':
      return <Section block={block} />;
    case 'header':
      return <Header block={block} />;
    case 'context':
      return <Context block={block} />;
    case 'actions':
      return <Actions block={block} />;
    case 'context_actions':
      return <ContextActions block={block} />;
    case 'divider':
      return <hr class="divider" />;
    case 'image':
      return <ImageOf block={block} />;
    case 'rich_text':
      return <RichText block={block} />;
    case 'markdown':
      return <MarkdownOf block={block} />;
    case 'table':
      return <Table block={block} />;
    case 'data_table':
      return <DataTable block={block} />;
    case 'data_visualization':
      return <Chart block={block} />;
    case 'card':
      return <Card block={block} />;
    case 'carousel':
      return <Carousel block={block} />;
    case 'container':
      return <Container block={block} />;
    case 'plan':
      return <Plan block={block} />;
    case 'task_card':
      return <TaskCard block={block} />;
    case 'alert':
      return <Alert block={block} />;
    case 'input':
      return <Input block={block} />;
    case 'file':
      return <FileOf block={block} />;
    case 'video':
      return <Video block={block} />;
    default:
      return <Unsupported what="block" type={(block as { type: string }).type} />;
  }
};

export const Blocks = ({ blocks }: { blocks: readonly AnyBlock[] }): VNode => (
  <div class="blocks">
    {blocks.map((block, index) => (
      <div class={`block block-${block.type}`} data-block-id={block.block_id} key={block.block_id ?? index}>
        <Guarded type={block.type}>
          <Drawn block={block} />
        </Guarded>
      </div>
    ))}
  </div>
);
