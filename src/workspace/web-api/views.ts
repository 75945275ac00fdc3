/** views.*: modals and the Home tab. */
import type { Inside } from '../inside.js';
import type { PersonId } from '../protocol.js';
import type { Fields } from '../validate/check.js';
import { type ViewRecord, ViewRefused } from '../views.js';
import { ApiRefused, type Args, knownPerson, type Method, withMessages } from './call.js';

const shown = (inside: Inside, change: () => ViewRecord): Fields => {
  try {
    return { view: inside.views.payload(change()) };
  } catch (error) {
    if (error instanceof ViewRefused) throw withMessages(error.code, error.messages);
    throw error;
  }
};

const triggeredBy = (args: Args, inside: Inside): PersonId => {
  const id = args.text('trigger_id') ?? args.required('interactivity_pointer');
  const exchanged = inside.triggers.exchange(id);
  if ('refusal' in exchanged) throw new ApiRefused(exchanged.refusal);
  return exchanged.person;
};

const open: Method = (args, inside) => {
  const view = args.object('view');
  const person = triggeredBy(args, inside);
  return shown(inside, () => inside.views.open(person, view));
};

const push: Method = (args, inside) => {
  const view = args.object('view');
  const person = triggeredBy(args, inside);
  return shown(inside, () => inside.views.push(person, view));
};

const update: Method = (args, inside) => {
  const id = args.text('view_id');
  const record = id === undefined ? inside.views.findExternal(args.required('external_id')) : inside.views.find(id);
  if (record === undefined) throw new ApiRefused('not_found');
  const view = args.object('view');
  return shown(inside, () => inside.views.update(record, view, args.text('hash')));
};

const publish: Method = (args, inside) => {
  const person = knownPerson(inside, args.required('user_id'));
  const view = args.object('view');
  return shown(inside, () => inside.views.publish(person.id, view, args.text('hash')));
};

export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
  'views.publish': publish,
};
