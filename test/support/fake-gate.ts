/**
 * A host with a gate, as a model: values, records, its own clock and timer; and the wire to it, which loses requests and
 * answers or delivers them late. What the real gate does is tested on the real one; this says what the bot must live with.
 */
import { type GateEntry, parseRequest, type SetRequest } from '../../src/core/gate/request.js';
import { wireValue } from '../../src/core/gate/value.js';
import type { GateAnswer, Transport } from '../../src/ports/transport.js';

type Answered = Awaited<ReturnType<Transport['gate']>>;

interface ChangeRecord {
  request: SetRequest;
  state: 'applied' | 'reverting' | 'confirmed' | 'reverted' | 'conflict';
  deadlineSeconds: number;
}

/** What happens to one request on its way. */
export type WireFault = 'none' | 'request lost' | 'answer lost' | 'answer cut off' | { lateMs: number };

export class FakeHost {
  readonly values = new Map<string, string>();
  /** more is in use than the values from before allow: a revert waits */
  crowded = false;
  readonly sysctlD = new Map<string, string>();
  readonly records = new Map<string, ChangeRecord>();
  /** every time that a request had an effect */
  readonly effects: { id: string; verb: 'set' | 'confirm' | 'revert'; atMs: number }[] = [];
  private boot = 1;
  private bootedAtMs: number;
  private late: { line: string; atMs: number }[] = [];

  constructor(
    private readonly now: () => number,
    values: Readonly<Record<string, string>>,
  ) {
    this.bootedAtMs = now() - 1_000_000;
    for (const [key, value] of Object.entries(values)) this.values.set(key, value);
  }

  get uptimeSeconds(): number {
    return Math.floor((this.now() - this.bootedAtMs) / 1_000);
  }
  private get boot8(): string {
    return String(this.boot).padStart(8, '0');
  }

  /** Runtime values are gone, what stands in sysctl.d is set again; open changes count as reverted. */
  reboot(defaults: Readonly<Record<string, string>>): void {
    this.boot++;
    this.bootedAtMs = this.now();
    for (const [key, value] of Object.entries(defaults)) this.values.set(key, this.sysctlD.get(key) ?? value);
    for (const record of this.records.values())
      if (record.state === 'applied' || record.state === 'reverting') record.state = 'reverted';
  }

  /** The host's own timer and what was held up on the wire. */
  tick(): void {
    for (const record of this.records.values())
      if (record.state === 'reverting' || (record.state === 'applied' && this.uptimeSeconds >= record.deadlineSeconds))
        this.takeBack(record);
    const arrived = this.late.filter(({ atMs }) => atMs <= this.now());
    this.late = this.late.filter(({ atMs }) => atMs > this.now());
    for (const { line } of arrived) this.serve(line);
  }

  send(line: string, fault: WireFault): Answered {
    this.tick();
    const lost: Answered = { status: 'failed', failure: { problem: 'dropped', message: 'the connection was dropped' } };
    if (fault === 'request lost') return lost;
    if (typeof fault === 'object') {
      this.late.push({ line, atMs: this.now() + fault.lateMs });
      return lost;
    }
    const answer = this.serve(line);
    if (fault === 'answer lost') return lost;
    if (fault === 'answer cut off') return { status: 'answered', answer: { fields: answer.fields } };
    return { status: 'answered', answer };
  }

  private serve(line: string): GateAnswer {
    const request = parseRequest(line);
    if (request === undefined) return { fields: {}, end: 'denied' };
    switch (request.verb) {
      case 'version':
        return {
          fields: {
            proto: '2',
            boot: `${this.boot8}-0000-0000-0000-000000000000`,
            uptime: String(this.uptimeSeconds),
            role: 'rw',
          },
          end: 'ok',
        };
      case 'set':
        return this.set(request);
      case 'confirm':
      case 'revert':
      case 'status': {
        const record = this.records.get(request.id);
        if (record === undefined) return { fields: {}, end: 'unknown-id' };
        return request.verb === 'status' ? this.show(record, 'ok') : this.end(record, request.verb);
      }
      default:
        return { fields: {}, end: 'denied' };
    }
  }

  private set(request: SetRequest): GateAnswer {
    const known = this.records.get(request.id);
    if (known !== undefined) {
      if (JSON.stringify(known.request.entries) !== JSON.stringify(request.entries))
        return this.show(known, 'id-reuse');
      return this.show(known, 'ok', true);
    }
    const { boot8, uptimeSeconds } = request.notAfter;
    if (boot8 !== this.boot8 || this.uptimeSeconds > uptimeSeconds) return { fields: {}, end: 'too-late' };
    if ([...this.records.values()].some(({ state }) => state === 'applied')) return { fields: {}, end: 'busy-pending' };
    if (request.entries.some(({ key, from }) => this.values.get(key) !== from)) return { fields: {}, end: 'stale' };
    for (const { key, to } of request.entries) this.values.set(key, to);
    const record: ChangeRecord = {
      request,
      state: 'applied',
      deadlineSeconds: this.uptimeSeconds + request.ttlSeconds,
    };
    this.records.set(request.id, record);
    this.effects.push({ id: request.id, verb: 'set', atMs: this.now() });
    return this.show(record, 'ok');
  }

  private end(record: ChangeRecord, verb: 'confirm' | 'revert'): GateAnswer {
    const wanted = verb === 'confirm' ? 'confirmed' : 'reverted';
    if (record.state === wanted) return this.show(record, 'ok', true);
    if (record.state !== 'applied') return this.show(record, 'not-pending');
    if (verb === 'confirm') {
      if (record.request.entries.some(({ key, to }) => this.values.get(key) !== to)) return this.show(record, 'stale');
      record.state = 'confirmed';
      if (record.request.persistent) for (const { key, to } of record.request.entries) this.sysctlD.set(key, to);
    } else this.takeBack(record);
    this.effects.push({ id: record.request.id, verb, atMs: this.now() });
    return this.show(record, this.endOf(record.state, wanted));
  }

  private endOf(state: ChangeRecord['state'], wanted: string): string {
    return state === wanted ? 'ok' : state === 'reverting' ? 'held' : 'conflict';
  }

  private takeBack(record: ChangeRecord): void {
    if (this.crowded) {
      record.state = 'reverting';
      return;
    }
    const moved = record.request.entries.some(({ key, from, to }) => ![from, to].includes(this.values.get(key) ?? ''));
    for (const { key, from, to } of [...record.request.entries].reverse())
      if (this.values.get(key) === to) this.values.set(key, from);
    record.state = moved ? 'conflict' : 'reverted';
  }

  private show({ request, state, deadlineSeconds }: ChangeRecord, end: string, replay = false): GateAnswer {
    const word = ({ key, from, to }: GateEntry): string => `${key}:${wireValue(from)}:${wireValue(to)}`;
    return {
      end,
      fields: {
        ...(replay ? { replay: '1' } : {}),
        id: request.id,
        state,
        mode: request.persistent ? 'persistent' : 'runtime',
        entries: String(request.entries.length),
        ...Object.fromEntries(request.entries.map((entry, i) => [`entry${i + 1}`, word(entry)])),
        ...Object.fromEntries(
          request.entries.map(({ key }, i) => [`current${i + 1}`, wireValue(this.values.get(key) ?? '')]),
        ),
        ...(state === 'reverting' ? { held: request.entries.map(({ key }) => `${key}:in-use`).join(' ') } : {}),
        ...(state === 'applied' ? { left: String(deadlineSeconds - this.uptimeSeconds) } : {}),
      },
    };
  }
}
