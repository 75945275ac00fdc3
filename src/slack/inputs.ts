/** What people entered in a modal. Slack nests it by block id and action id, with a shape for each kind of input. */
import { z } from 'zod';

const option = z.object({ value: z.string().max(2_000) });
const input = z.object({
  value: z.string().max(3_000).nullish(),
  selected_option: option.nullish(),
  selected_options: z.array(option).max(200).nullish(),
  selected_user: z.string().nullish(),
  selected_users: z.array(z.string()).nullish(),
  selected_conversation: z.string().nullish(),
  selected_channel: z.string().nullish(),
  selected_date: z.string().nullish(),
  selected_time: z.string().nullish(),
});

/** @returns block id → its value; an input without one is absent */
export const inputValues = (
  values: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Record<string, string | readonly string[]> => {
  const read = new Map<string, string | readonly string[]>();
  for (const [blockId, elements] of Object.entries(values)) {
    const { data } = input.safeParse(Object.values(elements)[0]);
    if (data === undefined) continue;
    const value =
      data.value ??
      data.selected_option?.value ??
      data.selected_options?.map((it) => it.value) ??
      data.selected_user ??
      data.selected_users ??
      data.selected_conversation ??
      data.selected_channel ??
      data.selected_date ??
      data.selected_time;
    if (value != null) read.set(blockId, value);
  }
  return Object.fromEntries(read);
};

/** The conversation that was picked where a modal asks for one. */
export const chosenConversation = (
  values: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string | undefined => {
  for (const elements of Object.values(values)) {
    const { data } = input.safeParse(Object.values(elements)[0]);
    const id = data?.selected_conversation;
    if (id != null && /^[A-Z0-9]{1,40}$/.test(id)) return id;
  }
  return undefined;
};
