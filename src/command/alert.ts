/** Shortcuts: “Diagnose hosts in this message” on an alert, and a picker from anywhere. */
import { alertHostsMessage, noHostInAlertMessage, PICKER, pickerModal } from '../blocks/alert.js';
import { type Usage, unknownHostMessage, usageMessage } from '../blocks/notices.js';
import type { ShortcutHandler, ViewHandler } from '../command.js';
import { hostsInText } from '../core/alert-text.js';
import type { Submission } from '../ports/inbox.js';
import { measureMany } from './many.js';
import { measure } from './measure.js';

/** measured for one alert; the rest is named */
const ALERT_HOSTS_MAX = 10;

export const diagnoseMessage: ShortcutHandler = {
  title: 'Diagnose hosts in it',
  description: 'Find the registered hosts that an alert names, measure them and answer in its thread',
  on: 'message',
  run: async (desk, shortcut) => {
    const { text = '', links } = shortcut.message ?? {};
    const { named, unregistered } = hostsInText(text, desk.inventory().hosts, links);
    const [first] = named;
    if (first === undefined) return desk.whisper(noHostInAlertMessage(unregistered));
    const hosts = named.slice(0, ALERT_HOSTS_MAX).map(({ host }) => host);
    const rest = named.slice(ALERT_HOSTS_MAX).map(({ host }) => host.name);
    const { fleet } = desk;
    if (hosts.length === 1 || fleet === undefined) {
      await measure(desk, first.host, {});
      if (named.length > 1) await desk.whisper(alertHostsMessage(named.slice(1).map(({ host }) => host.name)));
      return;
    }
    const selector = hosts.map(({ name }) => name).join(',');
    // The buttons of the answer name the hosts again: what they can't hold is measured one by one.
    if (selector.length > SELECTOR_MAX) {
      await measure(desk, first.host, {});
      return desk.whisper(alertHostsMessage(named.slice(1).map(({ host }) => host.name)));
    }
    const selection = fleet.select(selector);
    if (!selection.ok) return measure(desk, first.host, {});
    await measureMany(desk, { ...selection, fleet, selector }, {});
    if (rest.length > 0) await desk.whisper(alertHostsMessage(rest));
  },
};
const SELECTOR_MAX = 480;

export const pickHost: ShortcutHandler = {
  title: 'Diagnose a host',
  description: 'Pick a registered host, measure it, and say what is wrong with its TCP',
  on: 'anywhere',
  run: async (desk) => {
    const { hosts } = desk.inventory();
    await desk.openModal(pickerModal(hosts.map(({ name, labels }) => ({ name, labels }))));
  },
};

const chosen = ({ values }: Submission): string => {
  const value = values[PICKER.host];
  return (typeof value === 'string' ? value : '').trim();
};

export const hostPicked = (usage: Usage): ViewHandler => ({
  check: (submission) => (chosen(submission) === '' ? { [PICKER.host]: 'Name a host.' } : undefined),
  run: async (desk, submission) => {
    const typed = chosen(submission);
    const found = desk.find(typed);
    if (!found.ok)
      return desk.whisper(
        'problem' in found ? usageMessage(usage, found.problem) : unknownHostMessage(found.term, found.nearest),
      );
    const [host, ...more] = found.hosts;
    if (host === undefined || more.length > 0)
      return desk.whisper(usageMessage(usage, `“${typed.slice(0, 80)}” names ${found.hosts.length} hosts; pick one.`));
    // Without a channel the answer comes as a direct message, which is private as it is.
    const direct = /^[UW]/.test(desk.caller.channel);
    const isPrivate = !direct && submission.values[PICKER.who]?.includes('private') === true;
    await measure(desk, host, { private: isPrivate });
  },
});
