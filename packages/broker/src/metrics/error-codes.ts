import type { Fields } from '@odradek/protocol/schema/fields';

/** Where error codes are in a message: found once for each API, so that what holds none is not looked at. */
export interface ErrorPlaces {
  readonly hasCode: boolean;
  readonly below: readonly { readonly name: string; readonly places: ErrorPlaces }[];
}

type Message = Readonly<Record<string, unknown>>;

/** Null where messages of these fields hold no error code. */
export function errorPlaces(fields: Fields): ErrorPlaces | null {
  const below = Object.entries(fields).flatMap(([name, { type }]) => {
    const inner = type.kind === 'array' ? type.element : type;
    const places = inner.kind === 'struct' ? errorPlaces(inner.fields) : null;
    return places ? [{ name, places }] : [];
  });
  const hasCode = 'errorCode' in fields;
  return hasCode || below.length > 0 ? { hasCode, below } : null;
}

/** Tells of every error code of a message, also of those that say NONE; one that was left out says so too. */
export function eachErrorCode({ hasCode, below }: ErrorPlaces, message: Message, tell: (code: number) => void): void {
  if (hasCode) tell((message['errorCode'] as number | undefined) ?? 0);
  for (const { name, places } of below) {
    const inner = message[name] as Message | readonly Message[] | null | undefined;
    if (Array.isArray(inner)) for (const item of inner as readonly Message[]) eachErrorCode(places, item, tell);
    else if (inner) eachErrorCode(places, inner as Message, tell);
  }
}
