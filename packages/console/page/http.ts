import type { ErrorAnswer } from '../src/api';

/** What the console answered instead of what was asked for. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly answer: ErrorAnswer,
  ) {
    super(answer.error);
  }
}

/** Nobody answered: the broker is gone, or has not said a word for `LIMIT_MS`. */
export class Unreachable extends Error {}

const LIMIT_MS = 15_000;

/** GET an answer. Throws `Refusal` or `Unreachable`. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  return answerOf<T>(await ask(path, { signal: signal ? AbortSignal.any([signal, limit]) : limit }));
}

/** POST a change, with the token of this console. Throws as `get`. */
export async function post<T>(path: string, body: unknown, token: string | null): Promise<T> {
  const headers = { 'Content-Type': 'application/json', 'X-Odradek-Token': token ?? '' };
  return answerOf<T>(await ask(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** The text of an answer, piece by piece, until it ends or the signal says stop. */
export async function stream(path: string, signal: AbortSignal, take: (text: string) => void): Promise<void> {
  const response = await ask(path, { signal });
  if (!response.ok || !response.body) throw await refusalOf(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw signal.aborted ? error : new Unreachable('the connection was lost');
    });
    if (done) return;
    take(value);
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, cache: 'no-store' });
  } catch (error) {
    throw new Unreachable(error instanceof Error ? error.message : String(error));
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  if (!response.ok) throw await refusalOf(response);
  return (await response.json().catch(() => {
    throw new Unreachable('the answer broke off');
  })) as T;
}

async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text().catch(() => '');
  return new Refusal(response.status, errorOf(text) ?? { error: text || `HTTP ${response.status}` });
}

function errorOf(text: string): ErrorAnswer | null {
  try {
    const answer = JSON.parse(text) as Partial<ErrorAnswer>;
    return typeof answer.error === 'string' ? (answer as ErrorAnswer) : null;
  } catch {
    return null;
  }
}
