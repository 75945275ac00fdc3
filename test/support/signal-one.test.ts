import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { signalOne } from './signal-one.js';

test.each([Number(''), Number('\n'), Number.NaN, -1, 1, 2.5, Number.POSITIVE_INFINITY])(
  '%p is no process to signal',
  (pid) => {
    expect(() => signalOne(pid, 'SIGCONT')).toThrow(RangeError);
  },
);

test('one process gets it; one that is over is told', async () => {
  const child = spawn('sleep', ['100'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  signalOne(pid, 'SIGTERM');
  expect((await once(child, 'exit'))[1]).toBe('SIGTERM');
  expect(() => signalOne(pid, 'SIGTERM')).toThrow(/ESRCH/);
});

test('no test signals a process in another way', () => {
  const files = execFileSync('find', ['test', 'bench', '-name', '*.ts', '-not', '-path', 'test/support/signal-one*'], {
    encoding: 'utf8',
  });
  const calls = files
    .trim()
    .split('\n')
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(
          (line) =>
            /(?<![.#])\bprocess\.kill\(/.test(line) && !/process\.kill\((process\.pid|-child\.pid|\w+, 0\))/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(calls).toEqual([]);
});
