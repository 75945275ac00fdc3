/** Slack's response URLs: the SDK's `respond()` has neither a time limit nor errors of its own. */
import { ChatError } from '../ports/chat.js';

const TIMEOUT_MS = 5_000;

/** One attempt; rejects with a ChatError. The address is as good as a password and is part of no error. */
export const postToResponseUrl = async (url: string, body: Record<string, unknown>): Promise<void> => {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ChatError('unreachable', 'no_connection');
  }
  const text = (await response.text().catch(() => '')).slice(0, 2_000);
  const code = /"error"\s*:\s*"([a-z_]{1,60})"/.exec(text)?.[1] ?? (response.ok ? 'ok' : `http_${response.status}`);
  if (response.ok && code === 'ok') return;
  if (response.status === 429) throw new ChatError('rate-limited', 'ratelimited');
  if (response.status === 404 || response.status === 410 || /^(expired_url|used_url)$/.test(code))
    throw new ChatError('expired', code);
  if (response.status >= 500) throw new ChatError('unreachable', code);
  throw new ChatError('refused', code);
};
