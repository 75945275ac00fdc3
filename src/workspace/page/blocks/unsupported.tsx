/** What is shown where the page does not know what it got: visible, never silently nothing. */
import { Component, type ComponentChildren, type VNode } from 'preact';

export const Unsupported = ({ what, type }: { what: 'block' | 'element'; type: string }): VNode => (
  <div class="unsupported" role="note" data-testid="unsupported">
    Unsupported {what}: <code>{type}</code>
  </div>
);

/** One block that can't be drawn must not take the message, or the page, with it. */
export class Guarded extends Component<{ type: string; children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ComponentChildren {
    if (!this.state.failed) return this.props.children;
    return (
      <div class="unsupported" role="note" data-testid="unsupported">
        This <code>{this.props.type}</code> block could not be drawn: its fields are not as Slack documents them.
      </div>
    );
  }
}
