/** One process of the bot, as people and the test see it. */
import { type ChildProcess, fork } from 'node:child_process';
import type { FromBot, Looked, Order, ToBot, ToDo } from './orders.js';

const ASK_MS_MAX = 60_000;

export class Bot {
  readonly #process: ChildProcess;
  readonly #asked = new Map<number, (answer: Looked | undefined) => void>();
  #lastId = 0;
  #dead = false;
  readonly died: Promise<void>;
  readonly ready: Promise<void>;
  /** the last thing that failed inside it, or that it wrote to standard error */
  trouble = '';

  /** @param onPause is told when it stands at the order's pause; it goes on when that is done */
  constructor(program: string, order: Order, onPause?: () => Promise<void>) {
    this.#process = fork(program, [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env['PATH'] },
    });
    this.#process.stderr?.on('data', (data: Buffer) => {
      this.trouble = `${this.trouble}${data.toString()}`.slice(-2_000);
    });
    this.died = new Promise((resolve) => {
      this.#process.once('exit', () => {
        this.#dead = true;
        for (const settle of this.#asked.values()) settle(undefined);
        this.#asked.clear();
        resolve();
      });
    });
    this.ready = new Promise((resolve) => {
      void this.died.then(resolve);
      this.#process.on('message', (message: FromBot) => {
        if ('ready' in message) resolve();
        else if ('paused' in message) void onPause?.().finally(() => this.#send({ goOn: true }));
        else {
          if ('failed' in message) this.trouble = message.failed;
          this.#asked.get(message.id)?.('looked' in message ? message.looked : undefined);
          this.#asked.delete(message.id);
        }
      });
    });
  }

  get dead(): boolean {
    return this.#dead;
  }
  get pid(): number | undefined {
    return this.#process.pid;
  }

  #send(message: ToBot): void {
    if (!this.#dead && this.#process.connected) this.#process.send(message, () => undefined);
  }

  /** @returns undefined where it died, failed or said nothing */
  do(what: ToDo['do'], as?: string): Promise<Looked | undefined> {
    if (this.#dead) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(undefined), ASK_MS_MAX);
      const settle = (answer: Looked | undefined): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      this.#asked.set(id, settle);
      this.#send({ id, do: what, ...(as === undefined ? {} : { as }) });
    });
  }

  async kill(): Promise<void> {
    if (!this.#dead) this.#process.kill('SIGKILL');
    await this.died;
  }
}
