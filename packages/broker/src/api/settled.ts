/** What `start` gives to its callback: at once where that is called before `start` returns, else as a promise. */
export function settled<T>(start: (give: (value: T) => void) => void): T | Promise<T> {
  const early: T[] = [];
  let late: ((value: T) => void) | null = null;
  start((value) => {
    if (late) late(value);
    else early.push(value);
  });
  if (early.length > 0) return early[0]!;
  return new Promise<T>((resolve) => {
    late = resolve;
  });
}
