/** What a person writes into a large field: `name=value`, one in each line. Null: some line is not so. */
function pairs(text: string): readonly (readonly [string, string])[] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const found = lines.map((line) => {
    const at = line.indexOf('=');
    return at > 0 ? ([line.slice(0, at).trim(), line.slice(at + 1).trim()] as const) : null;
  });
  return found.includes(null) ? null : (found as (readonly [string, string])[]);
}

export function parseConfigs(text: string): Record<string, string> | null {
  const found = pairs(text);
  return found && Object.fromEntries(found);
}

export const parseHeaders = (text: string): { key: string; value: string }[] | null =>
  pairs(text)?.map(([key, value]) => ({ key, value })) ?? null;
