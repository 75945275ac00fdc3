/** One person's view of the workspace, and everything that a person can do: for the page and the test driver alike. */
import { Acts } from './acts.js';
import { byTs } from './ids.js';
import type { Inside } from './inside.js';
import { Interactions } from './interactions.js';
import type { Completion, PersonId, Request, SelectOption, State } from './protocol.js';
import { completions } from './typed-text.js';

export type Performed = { completions?: readonly Completion[]; options?: readonly SelectOption[] };

/** What a page gets at once; older messages stay on the server. */
const messagesShownMax = 1000;

export class People {
  private readonly acts: Acts;
  private readonly interactions: Interactions;

  constructor(
    private readonly inside: Inside,
    private readonly banner: readonly string[],
  ) {
    this.acts = new Acts(inside);
    this.interactions = new Interactions(inside);
  }

  switchable(): readonly PersonId[] {
    return [...this.inside.world.people.values()]
      .filter(({ kind }) => kind !== 'app' && kind !== 'slackbot')
      .map(({ id }) => id);
  }

  state(me: PersonId): State {
    const { world, views, commands, shortcuts } = this.inside;
    const home = views.home(me);
    const channels = [...world.channels.values()].filter(({ id }) => world.sees(me, id));
    return {
      team: world.team,
      me,
      people: [...world.people.values()],
      channels,
      messages: channels
        .flatMap(({ id }) => world.visible(me, id))
        .sort((a, b) => byTs(a.ts, b.ts))
        .slice(-messagesShownMax)
        .map((message) => world.shown(message)),
      commands,
      shortcuts,
      modals: views.stack(me).map((record) => views.shown(record)),
      home: home === undefined ? null : views.shown(home),
      app: this.inside.appStatus(),
      switchable: this.switchable(),
      banner: this.banner,
    };
  }

  /** Resolves when the app has acknowledged, where the act concerns it. Rejects with `Refused` in words for the person. */
  async perform(me: PersonId, act: Exclude<Request, { type: 'switch' }>): Promise<Performed> {
    const { acts, interactions } = this;
    switch (act.type) {
      case 'type':
        await acts.type(me, act.channel, act.text, act.threadTs);
        return {};
      case 'complete':
        return { completions: completions(this.inside, me, act.text) };
      case 'act':
        await interactions.act(me, act.surface, act.blockId, act.actionId, act.entered, act.values);
        return {};
      case 'suggest':
        return { options: await interactions.suggest(me, act.surface, act.blockId, act.actionId, act.query) };
      case 'submit':
        await interactions.submit(me, act.viewId, act.values);
        return {};
      case 'close':
        interactions.close(me, act.viewId, act.all);
        return {};
      case 'shortcut':
        await acts.shortcut(me, act.callbackId, act.message);
        return {};
      case 'openHome':
        acts.openHome(me);
        return {};
      case 'react':
        acts.react(me, act.channel, act.ts, act.name);
        return {};
      case 'dismiss':
        acts.dismiss(me, act.channel, act.ts);
        return {};
      case 'administer':
        acts.administer(me, act.channel, act.act);
        return {};
    }
  }
}
