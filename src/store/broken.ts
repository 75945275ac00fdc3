/** A store that could not be opened: hosts can still be looked at, and whatever needs an entry in the log is refused with the reason. */
import type { Store, StoreFailure } from '../ports/store.js';

/** @param failure what opening it came to; every use rejects with it */
export const brokenStore = (failure: StoreFailure): Store => {
  const refuse = (): Promise<never> => Promise.reject(failure);
  return {
    changes: { append: refuse, load: refuse, find: refuse },
    audit: {
      append: refuse,
      head: refuse,
      // biome-ignore lint/correctness/useYield: it never comes to a first entry
      async *read() {
        throw failure;
      },
      anchors: refuse,
      noteAnchor: refuse,
    },
    due: { schedule: refuse, claim: refuse, done: refuse, next: refuse },
    documents: { get: refuse, put: refuse, putAll: refuse, list: refuse, delete: refuse },
    samples: { add: refuse, read: refuse, thin: refuse },
    describe: () => `no store: ${failure.message}`,
    backup: refuse,
    check: async () => ({ ok: false, failure }),
    close: async () => undefined,
  };
};
