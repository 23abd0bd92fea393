/** Light, dark, or as the system says; what a person chose is kept by the browser. */

const KEY = 'odradek.theme';
const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

let chosen: Theme | undefined;

export function currentTheme(): Theme {
  chosen ??= THEMES.find((theme) => theme === stored()) ?? 'auto';
  return chosen;
}

export function applyTheme(theme: Theme): void {
  const { documentElement: root } = document;
  if (theme === 'auto') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', theme);
}

/** The next of the three; said and kept. */
export function switchTheme(): Theme {
  const next = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]!;
  chosen = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
  applyTheme(next);
  return next;
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
