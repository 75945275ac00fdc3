import { AVOID } from '../avoidances.js';
import { Inquiry, type Known } from '../inquiry.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';

const KEY = 'net.ipv4.tcp_tw_recycle';

export const rule: Rule = {
  id: 'tw-recycle-on',
  title: 'tcp_tw_recycle is on: clients behind NAT are silently dropped',
  why: 'It takes all clients behind one address for one host with one clock; since timestamps are randomised (4.10) that breaks for everybody.',
  symptoms:
    'Some clients behind one address cannot connect or only at the third try, for no reason that they could see.',
  needs: ['sysctls'],
  rank: 85,
  severity: 'crit',
  thresholds: {},
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sysctls = q.reading('sysctls');
    const text = sysctls?.[KEY];
    const gone = q.kernelAtLeast('4.12');
    const value = text === undefined ? undefined : Number(text);
    let on: Known;
    if (sysctls === undefined) on = undefined;
    else if (text === undefined) {
      on = gone === true ? false : undefined;
      if (on === undefined)
        q.lacks(`the sysctl ${KEY}: the host printed none, although its kernel may have it`, !q.settingsHidden());
    } else on = Number.isNaN(value) ? undefined : value !== 0;
    q.ask(
      'Is tcp_tw_recycle on?',
      on,
      text ?? (gone === true ? 'this kernel does not have it (gone since 4.12)' : 'unknown'),
    );
    if (text !== undefined)
      q.show({ name: 'tcp_tw_recycle', value: text, unit: '', source: `/proc/sys/net/ipv4/tcp_tw_recycle` });
    const dropped = q.quietRate('TcpExt.PAWSPassive');
    if (dropped.known) q.rate('TcpExt.PAWSPassive');
    const dropping = dropped.known && dropped.delta > 0;
    const everybody = q.kernelAtLeast('4.10') === true;
    return q.conclude(on, {
      severity: dropping || everybody ? 'crit' : 'warn',
      remedies: remedies(
        remedy(q, {
          key: KEY,
          from: text,
          to: '0',
          reason: 'there is no host for which 1 is right: it is removed from Linux since 4.12',
        }),
      ),
      advice: [{ what: 'take it out of /etc/sysctl.conf and /etc/sysctl.d as well' }],
    });
  },
  avoid: [AVOID.timestampsOff],
  exceptions: [],
  kernels: 'Removed in 4.12. PAWSPassive, which counts its victims, exists as long as it does.',
  sources: [
    'commit 4396e46187ca (tcp: remove tcp_tw_recycle)',
    'V. Bernat, Coping with the TCP TIME-WAIT state on busy Linux servers',
  ],
};
