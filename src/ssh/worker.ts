/** The thread that owns every connection. It does what the engine does; this file only passes calls and answers. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Host } from '../core/inventory.js';
import { Engine, type EngineAskOptions } from './engine.js';
import { Aborter } from './signal.js';
import type { Call, FromWorker, HostReference, Reply, ToWorker, WorkerStart } from './wire.js';

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

const engine = new Engine(workerData as WorkerStart);
const cancels = new Map<number, Aborter>();

const hostOf = (reference: HostReference): Host => {
  const host = typeof reference === 'string' ? engine.hostNamed(reference) : reference;
  if (host === undefined) throw new Error('a host by a name that the inventory does not have');
  return host;
};

const run = (call: Call, options: EngineAskOptions): Promise<unknown> => {
  const host = hostOf(call.host);
  switch (call.call) {
    case 'ask':
      return engine.ask(host, call.script, call.keepOpen === true ? { ...options, keepOpen: true } : options);
    case 'check':
      return engine.check(host, options);
    case 'scan':
      return engine.scan(host, options);
    case 'gate':
      return engine.gate(host, call.request, options);
  }
};

let replies: Reply[] = [];

const reply = (id: number, value: unknown): void => {
  if (replies.length === 0)
    setImmediate(() => {
      const together = replies;
      replies = [];
      port.postMessage(together);
    });
  replies.push({ id, value });
};

const take = (message: ToWorker): void => {
  switch (message.kind) {
    case 'many':
      message.messages.forEach(take);
      return;
    case 'call': {
      const { id, call, timeoutMs } = message;
      const cancel = new Aborter();
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
    case 'ping':
      reply(message.id, undefined);
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
};
port.on('message', take);
// Nothing is answered yet: this says that the thread is there.
port.postMessage([] satisfies FromWorker);
