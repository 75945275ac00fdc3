/**
 * What many hosts were found like is noted as what one is: verdict and findings of each, once all are measured. The story of an
 * incident begins there, not with the next host that somebody asks for alone.
 */
import type { FleetDesk } from '../command/fleet.js';
import type { FleetLevel, MeasuredMember } from '../core/fleet.js';
import type { Host } from '../core/inventory.js';
import type { Sample } from '../ports/store.js';

type Data = Readonly<Record<string, unknown>>;

export interface FleetNotes {
  /** writes together what comes together: nobody waits for it */
  note: (host: Host, data: Data) => void;
  keep: (samples: readonly Sample[]) => void;
}

/** as the verdict on one host begins */
const LEVELS: Readonly<Record<FleetLevel, string>> = {
  crit: 'CRITICAL',
  warn: 'WARNING',
  unjudged: 'COULD NOT JUDGE',
  ok: 'HEALTHY',
};

const wrongOn = ({ causes, effects }: MeasuredMember): readonly string[] => [...causes, ...effects];

const sampleOf = (member: MeasuredMember): Sample => ({
  host: member.host,
  atMs: Date.parse(member.measuredAt),
  numbers: member.numbers,
  findings: wrongOn(member),
});

const foundOn = (member: MeasuredMember): Data => ({
  measurement: member.measurement,
  verdict: `${LEVELS[member.level]}  ${member.host}: ${member.clause}`.slice(0, 300),
  present: wrongOn(member),
});

export const noted = (fleet: FleetDesk, { note, keep }: FleetNotes): FleetDesk => ({
  ...fleet,
  measure: async (id, hosts, onProgress) => {
    const kept = await fleet.measure(id, hosts, onProgress);
    const byName = new Map(hosts.map((host) => [host.name, host]));
    for (const member of kept.members) {
      const host = byName.get(member.host);
      if (host === undefined) continue;
      if (member.status === 'measured') note(host, { fleet: id, ...foundOn(member) });
      // Who was not asked was not looked at.
      else if (member.problem !== 'not-asked') note(host, { fleet: id, failed: member.problem });
    }
    keep(kept.members.flatMap((member) => (member.status === 'measured' ? [sampleOf(member)] : [])));
    return kept;
  },
});
