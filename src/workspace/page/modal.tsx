/** The topmost modal of the stack. Values stay with the view while it is covered or updated. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { OpenView } from '../protocol.js';
import { Blocks } from './blocks/block.js';
import { Dialog } from './frame/dialog.js';
import { Icon } from './frame/icon.js';
import { NoticeLine } from './notice.js';
import { useSession, useSurfaceHandle } from './session.js';
import { SurfaceContext } from './surface.js';
import { Plain } from './text/inline.js';

export const Modal = ({ view, depth }: { view: OpenView; depth: number }): VNode => {
  const session = useSession();
  const surface = { in: 'view', viewId: view.id } as const;
  const handle = useSurfaceHandle(surface, 'modal', session.held.viewErrors.get(view.id) ?? {});
  const [busy, setBusy] = useState(false);
  const notices = session.held.notices.filter((notice) => notice.about.viewId === view.id);
  const values = () => handle.entered.values();
  const close = (all: boolean) => void session.request({ type: 'close', viewId: view.id, all, values: values() });
  const submit = (event: Event) => {
    event.preventDefault();
    if (busy || view.submit === null) return;
    setBusy(true);
    for (const notice of notices) session.dismissNotice(notice.id);
    void session.request({ type: 'submit', viewId: view.id, values: values() }).finally(() => setBusy(false));
  };
  return (
    <Dialog class="modal" label={view.title} testId="modal" onCancel={() => close(view.clearOnClose)}>
      <form onSubmit={submit} noValidate>
        <header class="modal-head">
          <h2 class="dialog-title">
            <Plain text={view.title} />
          </h2>
          {depth > 1 ? <span class="modal-depth">step {depth}</span> : null}
          <button
            type="button"
            class="icon-button"
            aria-label="Close"
            data-testid="modal-close-all"
            onClick={() => close(view.clearOnClose)}
          >
            <Icon name="close" />
          </button>
        </header>
        <div class="modal-body">
          <SurfaceContext.Provider value={handle}>
            <Blocks blocks={view.blocks} />
          </SurfaceContext.Provider>
        </div>
        {notices.map((notice) => (
          <NoticeLine key={notice.id} notice={notice} />
        ))}
        <footer class="dialog-foot">
          <button type="button" class="button" data-testid="modal-close" onClick={() => close(false)}>
            <Plain text={view.close} />
          </button>
          {view.submit === null ? null : (
            <button
              type="submit"
              class="button button-primary"
              data-testid="modal-submit"
              disabled={view.submitDisabled}
              aria-busy={busy}
            >
              {busy ? <span class="spinner" aria-hidden="true" /> : null}
              <Plain text={view.submit} />
            </button>
          )}
        </footer>
      </form>
    </Dialog>
  );
};
