import { configException } from '@odradek/tools/tool-error';
import type { Validator } from '../config/config-def';

/** `response.http.headers.config`: headers for every answer, as Jetty's HeaderFilter takes them (KIP-577). */

const ACTIONS = ['set', 'add', 'setDate', 'addDate'];

interface Rule {
  readonly action: string;
  readonly name: string;
  readonly value: string;
}

/** Splits at commas, but for those within double quotes, which are taken away. */
function csv(text: string): string[] {
  return [...text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]*))\s*(?:,|$)/g)]
    .map(([, quoted, plain]) => (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '').trim())
    .filter(Boolean);
}

function ruleOf(text: string): Rule {
  const [, action = '', header = ''] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
  if (action === '') {
    throw configException(
      `Invalid format of header config '${text}'. Expected: '[action] [header name]:[header value]'`,
    );
  }
  if (!ACTIONS.some((each) => each.toLowerCase() === action.toLowerCase())) {
    throw configException(`Invalid header config action: '${action}'. Expected one of [${ACTIONS.join(', ')}]`);
  }
  const parts = header.trim().split(':');
  if (parts.length !== 2 || parts[1] === '') {
    const what = `Invalid format of header name and header value pair '${header}'.`;
    throw configException(`${what} Expected: '[header name]:[header value]'`);
  }
  const name = parts[0]!.trim();
  if (name === '' || /\s/.test(name)) {
    throw configException(`Invalid header name '${name}'. The '[header name]' cannot contain whitespace`);
  }
  return { action: action.toLowerCase(), name, value: parts[1]!.trim() };
}

/** Throws `ToolError` for rules that make no sense. */
export const headerRules: Validator = (_name, value) => {
  for (const each of csv(String(value ?? ''))) ruleOf(each);
};

/** What the rules add to an answer at this time; dates are so many milliseconds from now. */
export function responseHeaders(setting: string): (nowMs: number) => [name: string, value: string[]][] {
  const rules = csv(setting).map(ruleOf);
  return (nowMs) => {
    const headers = new Map<string, string[]>();
    for (const { action, name, value } of rules) {
      const shown = action.endsWith('date') ? new Date(nowMs + Number(value)).toUTCString() : value;
      headers.set(name, action.startsWith('add') ? [...(headers.get(name) ?? []), shown] : [shown]);
    }
    return [...headers];
  };
}
