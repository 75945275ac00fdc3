/** Hosts that are asked again and again, and by whom: a shell is kept open on each as long as anybody names it. */
import type { Host } from '../core/inventory.js';

export class Lasting {
  private readonly named = new Map<string, ReadonlyMap<string, Host>>();

  /** @param over told of a host that nobody names any more */
  constructor(private readonly over: (host: Host) => void) {}

  has({ name }: Host): boolean {
    for (const hosts of this.named.values()) if (hosts.has(name)) return true;
    return false;
  }

  /** In place of those that `who` named before; none: it is over. */
  set(who: string, hosts: readonly Host[]): void {
    const before = this.named.get(who);
    if (hosts.length === 0) this.named.delete(who);
    else this.named.set(who, new Map(hosts.map((host) => [host.name, host])));
    for (const host of before?.values() ?? []) if (!this.has(host)) this.over(host);
  }
}
