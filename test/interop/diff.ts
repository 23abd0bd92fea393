import { masked } from './masks';

const text = (value: unknown): string => {
  const written = JSON.stringify(value) ?? 'undefined';
  return written.length > 400 ? `${written.slice(0, 400)}…` : written;
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Where two answers to one request differ, a line each. `path` leaves array indexes out, `shown` has them. */
export function differences(api: string, ours: unknown, apache: unknown, path = '', shown = ''): string[] {
  const [a, b] = [masked(api, path, ours), masked(api, path, apache)];
  if (Object.is(a, b)) return [];
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return [`${shown}: ours has ${a.length}: ${text(a)}, Apache ${b.length}: ${text(b)}`];
    return a.flatMap((item, index) => differences(api, item, b[index], path, `${shown}[${index}]`));
  }
  if (isObject(a) && isObject(b) && !Array.isArray(a) && !Array.isArray(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) =>
      differences(api, a[key], b[key], path ? `${path}.${key}` : key, shown ? `${shown}.${key}` : key),
    );
  }
  return [`${shown}: ours ${text(a)}, Apache ${text(b)}`];
}
