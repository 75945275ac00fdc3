/** Selects of every source, for one or several: a button that opens a list which can be searched by typing. */
import type { MultiSelect, Option, Select } from '@slack/types';
import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { SelectOption } from '../../protocol.js';
import { Icon } from '../frame/icon.js';
import { usePopover } from '../frame/popover.js';
import { useEntered, useSurface } from '../surface.js';
import { Plain } from '../text/inline.js';
import { nameOf, useWorld, type World } from '../world.js';
import { useAct } from './button.js';
import type { Field } from './element.js';

interface Choice {
  value: string;
  label: string;
  detail: string;
  group: string;
}

const choiceOf = (option: Option | SelectOption, group = ''): Choice => ({
  value: option.value ?? option.text.text,
  label: option.text.text,
  detail: option.description?.text ?? '',
  group,
});

/** The choices that the page itself knows; an external select's come from the app. */
export const choicesOf = (element: Select | MultiSelect, world: World): Choice[] => {
  switch (element.type) {
    case 'static_select':
    case 'multi_static_select':
      return [
        ...(element.options ?? []).map((option) => choiceOf(option)),
        ...(element.option_groups ?? []).flatMap((group) =>
          group.options.map((option) => choiceOf(option, group.label.text)),
        ),
      ];
    case 'users_select':
    case 'multi_users_select':
      return [...world.people.values()].map((person) => ({
        value: person.id,
        label: nameOf(person, person.id),
        detail: person.title,
        group: '',
      }));
    case 'channels_select':
    case 'multi_channels_select':
    case 'conversations_select':
    case 'multi_conversations_select':
      return [...world.channels.values()]
        .filter((channel) => !channel.archived && (channel.kind === 'public' || element.type.includes('conversations')))
        .map((channel) => ({
          value: channel.id,
          label: channel.kind === 'direct' ? channel.name : `#${channel.name}`,
          detail: '',
          group: '',
        }));
    default:
      return [];
  }
};

const initialOf = (element: Select | MultiSelect): readonly string[] => {
  const found: (string | undefined)[] = [];
  if ('initial_option' in element && element.initial_option !== undefined)
    found.push(choiceOf(element.initial_option).value);
  if ('initial_options' in element) found.push(...(element.initial_options ?? []).map((one) => choiceOf(one).value));
  if ('initial_user' in element) found.push(element.initial_user);
  if ('initial_users' in element) found.push(...(element.initial_users ?? []));
  if ('initial_channel' in element) found.push(element.initial_channel);
  if ('initial_channels' in element) found.push(...(element.initial_channels ?? []));
  if ('initial_conversation' in element) found.push(element.initial_conversation);
  if ('initial_conversations' in element) found.push(...(element.initial_conversations ?? []));
  return found.filter((one) => one !== undefined);
};

const initialChoices = (element: Select | MultiSelect): Choice[] => {
  if ('initial_option' in element && element.initial_option !== undefined) return [choiceOf(element.initial_option)];
  if ('initial_options' in element) return (element.initial_options ?? []).map((option) => choiceOf(option));
  return [];
};

export const SelectBox = ({ element, blockId, label, dispatch, described }: Field<Select | MultiSelect>): VNode => {
  const world = useWorld();
  const surface = useSurface();
  const actionId = element.action_id ?? '';
  const { busy, act } = useAct(blockId, actionId, element.confirm);
  const several = element.type.startsWith('multi_');
  const external = element.type === 'external_select' || element.type === 'multi_external_select';
  const initial = initialOf(element);
  const [entered, setEntered] = useEntered(blockId, actionId, several ? initial : (initial[0] ?? null));
  const picked = typeof entered === 'string' ? [entered] : (entered ?? []);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const [suggested, setSuggested] = useState<Choice[]>(initialChoices(element));
  // Labels of picked external options stay known after the list has moved on.
  const known = useRef(new Map<string, Choice>());
  const popover = usePopover(() => setQuery(''));
  const listId = useId();

  useEffect(() => {
    if (!external || !popover.open) return;
    if (query.length < (('min_query_length' in element ? element.min_query_length : undefined) ?? 3)) {
      if (query === '') return;
      setSuggested([]);
      return;
    }
    let gone = false;
    const timer = setTimeout(() => {
      void surface.suggest(blockId, actionId, query).then((options) => {
        if (!gone) setSuggested(options.map((option) => choiceOf(option)));
      });
    }, 200);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [external, query, popover.open]);

  const all = external ? suggested : choicesOf(element, world);
  for (const choice of all) known.current.set(choice.value, choice);
  const asked = query.toLowerCase();
  const shown = external ? all : all.filter((choice) => choice.label.toLowerCase().includes(asked));
  const labelOf = (value: string): string => known.current.get(value)?.label ?? value;

  const pick = (choice: Choice) => {
    if (several) {
      const max =
        'max_selected_items' in element
          ? (element.max_selected_items ?? Number.POSITIVE_INFINITY)
          : Number.POSITIVE_INFINITY;
      const now = picked.includes(choice.value)
        ? picked.filter((one) => one !== choice.value)
        : picked.length >= max
          ? picked
          : [...picked, choice.value];
      setEntered(now);
      if (dispatch) act(now);
      return;
    }
    setEntered(choice.value);
    popover.close(true);
    if (dispatch) act(choice.value);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((now) => (shown.length === 0 ? 0 : (now + step + shown.length) % shown.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const choice = shown[active];
      if (choice !== undefined) pick(choice);
    }
  };

  const placeholder = element.placeholder?.text ?? (several ? 'Select options' : 'Select an option');
  const words = picked.length === 0 ? placeholder : picked.map(labelOf).join(', ');
  return (
    <span class="select" ref={popover.rootRef}>
      <button
        type="button"
        class={`select-button ${picked.length === 0 ? 'is-empty' : ''}`}
        aria-haspopup="listbox"
        aria-expanded={popover.open}
        aria-busy={busy}
        aria-label={label === '' || label === words ? words : `${label}: ${words}`}
        data-action-id={actionId}
        ref={popover.triggerRef}
        onClick={popover.toggle}
        {...described}
      >
        <span class="select-value">
          {picked.length === 0
            ? placeholder
            : several
              ? picked.map((value) => (
                  <span class="chip" key={value}>
                    {labelOf(value)}
                  </span>
                ))
              : labelOf(picked[0] ?? '')}
        </span>
        <Icon name="chevron-down" />
      </button>
      {popover.open ? (
        <div class="popover select-list" ref={popover.panelRef} style={popover.style}>
          <input
            class="text-input"
            role="combobox"
            aria-label={`Search ${label || placeholder}`}
            aria-expanded="true"
            aria-controls={listId}
            aria-activedescendant={`${listId}-${active}`}
            value={query}
            placeholder={external ? 'Type to search' : 'Search'}
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setActive(0);
            }}
            onKeyDown={onKeyDown}
          />
          <div role="listbox" id={listId} aria-label={label || placeholder} aria-multiselectable={several}>
            {shown.length === 0 ? (
              <p class="select-none">{external && query === '' ? 'Type to search' : 'No results'}</p>
            ) : null}
            {shown.map((choice, index) => (
              <div key={choice.value}>
                {choice.group !== '' && choice.group !== shown[index - 1]?.group ? (
                  <div class="select-group" role="presentation">
                    {choice.group}
                  </div>
                ) : null}
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: the search field above takes the keys, as a combobox does */}
                <div
                  role="option"
                  id={`${listId}-${index}`}
                  tabIndex={-1}
                  aria-selected={picked.includes(choice.value)}
                  class={`select-option ${index === active ? 'is-active' : ''}`}
                  onMouseEnter={() => setActive(index)}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => pick(choice)}
                >
                  <span class="select-tick" aria-hidden="true">
                    {picked.includes(choice.value) ? <Icon name="check" /> : null}
                  </span>
                  <span>
                    <Plain text={choice.label} />
                    {choice.detail === '' ? null : <span class="choice-detail">{choice.detail}</span>}
                  </span>
                </div>
              </div>
            ))}
          </div>
        </div>
      ) : null}
    </span>
  );
};
