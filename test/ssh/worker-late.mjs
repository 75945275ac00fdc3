// A thread in the place of the SSH thread that is late, or stuck, by the name of the host. Only for tests.
import { parentPort } from 'node:worker_threads';

const answer = { status: 'failed', failure: { problem: 'refused', message: 'late, and there' } };

const take = (message) => {
  const { kind, id, call } = message;
  if (kind === 'many') message.messages.forEach(take);
  if (kind === 'ping' || kind === 'close') parentPort.postMessage([{ id, value: undefined }]);
  if (kind !== 'call') return;
  const name = typeof call.host === 'string' ? call.host : call.host.name;
  if (name === 'slow') setTimeout(() => parentPort.postMessage([{ id, value: answer }]), 7_000);
  if (name === 'stuck') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
parentPort.on('message', take);
parentPort.postMessage([]);
