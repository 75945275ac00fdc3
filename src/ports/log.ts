/** Structured log lines. Implemented by `src/log.ts`, which lets only these fields through: what is not named here is not logged. */

export interface LogFields {
  /** what happened to whom: names from the inventory and ids, never a host's or a person's own words */
  host?: string;
  command?: string;
  action?: string;
  team?: string;
  user?: string;
  channel?: string;
  messageTs?: string;
  delivery?: string;
  method?: string;
  problem?: string;
  status?: string | number;
  path?: string;
  address?: string;
  port?: number;
  signal?: string;
  mode?: string;
  rule?: string;
  change?: string;
  revision?: string;
  count?: number;
  bytes?: number;
  attempt?: number;
  tookMs?: number;
  waitMs?: number;
  ageMs?: number;
  /** for the maintainer: a cause in words; scrubbed of anything that looks like a secret, and capped */
  detail?: string;
  err?: unknown;
}

export interface Log {
  debug(fields: LogFields, what: string): void;
  info(fields: LogFields, what: string): void;
  warn(fields: LogFields, what: string): void;
  error(fields: LogFields, what: string): void;
  /** the same log with fields that every line carries */
  with(fields: LogFields): Log;
}
