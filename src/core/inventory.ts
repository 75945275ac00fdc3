/** The registered machines: nothing else is reachable. Built by `config` from inventory.yml, ssh_config or Ansible. */
import type { Thresholds } from './rule.js';
import type { Selector } from './selector.js';

export interface HostLimits {
  connectTimeoutMs: number;
  /** one wall clock over name, connect, login and answer */
  totalTimeoutMs: number;
  outputBytesMax: number;
}

export type Identity = { kind: 'file'; path: string; passphraseEnv?: string } | { kind: 'agent'; socket?: string };

/** Where a host's key is pinned. Without any the host is refused: there is no trust on first use. */
export type HostKeySource =
  | { kind: 'pinned' /** `ssh-ed25519 AAAA…` lines */; keys: readonly string[] }
  | { kind: 'known-hosts'; path: string /** name to look up; default: as OpenSSH would */; alias?: string };

export interface Host {
  /** unique; what people type: [A-Za-z0-9][A-Za-z0-9._-]* */
  name: string;
  address: string;
  port: number;
  user: string;
  identity: readonly Identity[];
  hostKeys: HostKeySource;
  /** names of other hosts of the inventory, outermost first */
  jump: readonly string[];
  labels: Readonly<Record<string, string>>;
  groups: readonly string[];
  note?: string;
  limits: HostLimits;
  /** how the probe is run: a login shell that reads the script, or the gate's `probe` verb */
  access: 'shell' | 'gate';
  /** the gate's change account; without it the host is read-only */
  change?: { user: string; identity: readonly Identity[] };
  /** `replayed` and `this machine` in the local workspace; said wherever the host is shown */
  lab?: 'replayed' | 'this machine' | 'namespace';
}

/** Thresholds of rules that are other than usual on some hosts; of several that name a host the last wins, name by name. */
export interface ThresholdOverride {
  hosts: Selector;
  set: Thresholds;
}

export interface Inventory {
  hosts: ReadonlyMap<string, Host>;
  groups: ReadonlyMap<string, readonly string[]>;
  thresholds?: readonly ThresholdOverride[];
  /** changes with every reload */
  revision: string;
}
