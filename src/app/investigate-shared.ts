/**
 * People who ask the same of a host at the same time share one question. It is given up when the last of them no longer wants
 * it; whoever asks after that begins another one.
 */
import { setMaxListeners } from 'node:events';
import type { Host } from '../core/inventory.js';

interface Question<T> {
  host: Host;
  answer: Promise<T>;
  end: AbortController;
  /** who still wants it; those who can't call it off count for as long as it lasts */
  wanted: number;
}

export class Shared<T> {
  private readonly running = new Map<string, Question<T>>();

  /**
   * One question at a time per host, as it is registered now: after a reload a changed host is asked anew.
   * @param ask begins the question; never rejects, and ends soon after its signal
   * @param signal who asks no longer wants it
   */
  ask(host: Host, ask: (ended: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const now = this.running.get(host.name);
    const question = now?.host === host ? now : this.begin(host, ask);
    question.wanted += 1;
    if (signal !== undefined) this.mayLeave(question, signal);
    return question.answer;
  }

  private begin(host: Host, ask: (ended: AbortSignal) => Promise<T>): Question<T> {
    const end = new AbortController();
    setMaxListeners(0, end.signal);
    const question: Question<T> = { host, end, answer: ask(end.signal), wanted: 0 };
    this.running.set(host.name, question);
    void question.answer.finally(() => this.forget(question));
    return question;
  }

  private mayLeave(question: Question<T>, signal: AbortSignal): void {
    const leave = (): void => {
      question.wanted -= 1;
      if (question.wanted > 0) return;
      // Forgotten first: who asks from now on is not given the end of this one.
      this.forget(question);
      question.end.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    void question.answer.finally(() => signal.removeEventListener('abort', leave));
  }

  private forget(question: Question<T>): void {
    const { name } = question.host;
    if (this.running.get(name) === question) this.running.delete(name);
  }
}
