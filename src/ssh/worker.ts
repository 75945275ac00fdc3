/** The thread that owns every connection. It does what the engine does; this file only passes calls and answers. */
import { parentPort, workerData } from 'node:worker_threads';
import type { AskOptions } from '../ports/transport.js';
import { Engine } from './engine.js';
import type { Call, FromWorker, ToWorker, WorkerStart } from './wire.js';

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

const engine = new Engine(workerData as WorkerStart);
const cancels = new Map<number, AbortController>();

const run = (call: Call, options: AskOptions): Promise<unknown> => {
  switch (call.call) {
    case 'ask':
      return engine.ask(call.host, call.script, call.keepOpen === true ? { ...options, keepOpen: true } : options);
    case 'check':
      return engine.check(call.host, options);
    case 'scan':
      return engine.scan(call.host, options);
    case 'gate':
      return engine.gate(call.host, call.request, options);
  }
};

const reply = (id: number, value: unknown): void => port.postMessage({ id, value } satisfies FromWorker);

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'call': {
      const { id, call, timeoutMs } = message;
      const cancel = new AbortController();
      cancels.set(id, cancel);
      // The engine's functions never reject; should one, that is a fault, and the thread ends by it.
      void run(call, { signal: cancel.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).then((value) => {
        cancels.delete(id);
        reply(id, value);
      });
      return;
    }
    case 'cancel':
      cancels.get(message.id)?.abort();
      return;
    case 'close-kept':
      engine.closeKept(message.host);
      return;
    case 'inventory':
      engine.inventoryChanged(message.hosts);
      return;
    case 'close':
      void engine.close(message.graceMs).then(() => reply(message.id, undefined));
  }
});
