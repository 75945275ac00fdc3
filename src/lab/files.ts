/** What the lab writes for others: an inventory of its hosts, and the program that enrolls one of them. */
import { stringify } from 'yaml';
import type { Host, Identity } from '../core/inventory.js';
import { stateScript } from '../core/probe-script.js';
import { sysctlScript } from '../core/sysctl-script.js';
import { gateScript } from '../host/gate.js';
import { installerScript } from '../host/installer.js';
import { loadSysctls } from '../sysctls.js';

const paths = (identity: readonly Identity[]): string[] =>
  identity.flatMap((one) => (one.kind === 'file' ? [one.path] : []));

/** @returns the text of an inventory.yml with these hosts */
export const inventoryText = (hosts: readonly Host[]): string =>
  stringify({
    hosts: Object.fromEntries(
      hosts.map(({ name, address, port, user, identity, hostKeys, labels, groups, note, access, change }) => [
        name,
        {
          address,
          port,
          user,
          identity: paths(identity),
          ...(hostKeys.kind === 'pinned' ? { hostKeys: hostKeys.keys } : {}),
          labels,
          groups,
          ...(note === undefined ? {} : { note }),
          access,
          ...(change === undefined ? {} : { change: { user: change.user, identity: paths(change.identity) } }),
        },
      ]),
    ),
  });

/** @returns makes the sh program that enrolls a host for two public keys, as `tcpstates enroll` does */
export const enrollment = async (): Promise<(keys: { read: string; change: string }) => string> => {
  const gate = gateScript((await loadSysctls()).values());
  return ({ read, change }) =>
    installerScript(
      {
        gate,
        stateScript: stateScript().text,
        sysctlScript: sysctlScript().text,
        readUser: 'tcpstates',
        changeUser: 'tcpstates-change',
        readKey: read,
        changeKey: change,
      },
      'install',
    );
};
