import { configException } from '@odradek/tools/tool-error';
import type { Field, Schema } from '../data/schema';
import { Struct } from '../data/struct';

/** Where a field is: one name, or in version 2 of the syntax names within each other (SingleFieldPath, KIP-821). */
export class FieldPath {
  private readonly steps: readonly string[];

  /** Throws `ToolError` where the path is none. */
  constructor(path: string, version: 'V1' | 'V2') {
    this.steps = version === 'V1' ? [path] : splitPath(path);
  }

  /** The field of a schema; undefined where there is none. */
  fieldOf(schema: Schema): Field | undefined {
    let field: Field | undefined;
    let current: Schema | undefined = schema;
    for (const step of this.steps) {
      if (current?.type !== 'STRUCT') return undefined;
      field = current.field(step);
      if (!field) return undefined;
      current = field.schema;
    }
    return field;
  }

  valueInStruct(struct: Struct, replacesNull: boolean): unknown {
    let current: unknown = struct;
    for (const step of this.steps) {
      if (!(current instanceof Struct)) return null;
      current = replacesNull ? current.get(step) : current.getWithoutDefault(step);
    }
    return current;
  }

  valueInMap(map: ReadonlyMap<string, unknown>): unknown {
    let current: unknown = map;
    for (const step of this.steps) {
      if (!(current instanceof Map)) return null;
      current = current.get(step) ?? null;
    }
    return current;
  }
}

/** `a.b` are two steps, `` `a.b` `` is one; a backslash before a closing backtick keeps it. */
function splitPath(path: string): string[] {
  const steps: string[] = [];
  let at = 0;
  while (at <= path.length) {
    if (path[at] === '`') {
      const end = closingBacktick(path, at + 1);
      steps.push(path.slice(at + 1, end).replaceAll('\\`', '`'));
      at = end + 2;
    } else {
      const dot = path.indexOf('.', at);
      const end = dot < 0 ? path.length : dot;
      steps.push(path.slice(at, end));
      at = end + 1;
    }
  }
  return steps;
}

function closingBacktick(path: string, from: number): number {
  for (let at = path.indexOf('`', from); at >= 0; at = path.indexOf('`', at + 1)) {
    const isLast = at + 1 === path.length || path[at + 1] === '.';
    if (path[at - 1] !== '\\' && isLast) return at;
  }
  throw configException(
    `Incomplete backtick pair in path: [${path}], consider adding a backslash before backtick at position ${from - 1} to escape it`,
  );
}
