import { MalformedMessageError, UnencodableValueError } from '../wire/errors';
import type { Reader } from '../wire/reader';
import { ZERO_UUID } from '../wire/uuid';
import { Writer } from '../wire/writer';
import type { Field, Fields, FieldType, PrimitiveType } from './fields';
import { includesVersion, parseVersions } from './versions';

/**
 * Turns declarations into straight-line functions, one per message, version and direction. Generated code decodes 3 to
 * 5 times as fast as closures over the schema; `new Function` sees nothing but our own declarations, never input.
 */
export interface Codec<Value = unknown, Init = Value> {
  decode(reader: Reader): Value;
  encode(writer: Writer, value: Init): void;
}

const EMPTY_BYTES = Buffer.alloc(0);

/** Arrays up to here are made in their size: a growing one takes room for 17 elements with the first. */
const EXACT_ELEMENTS = 16;

const SCALAR_BYTES: Partial<Record<PrimitiveType, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

interface Context {
  readonly version: number;
  readonly flexible: boolean;
  names: number;
}

const isCompact = (field: Field, context: Context): boolean => context.flexible && field.options.flexible !== 'none';

const isPresent = (field: Field, version: number): boolean => includesVersion(parseVersions(field.versions), version);

const isNullable = (field: Field, version: number): boolean =>
  field.options.nullable !== undefined && includesVersion(parseVersions(field.options.nullable), version);

const isTagged = (field: Field, context: Context): boolean => context.flexible && field.options.tag !== undefined;

const freshName = (context: Context, stem: string): string => `${stem}${context.names++}`;

/** The source text of a field's default: an expression that makes a new value each time. */
function defaultSource(field: Field): string {
  if (field.options.default !== undefined) return JSON.stringify(field.options.default);
  const { type } = field;
  switch (type.kind) {
    case 'array':
      return '[]';
    case 'struct':
      return `{${Object.entries(type.fields)
        .map(([name, inner]) => `${name}: ${defaultSource(inner)}`)
        .join(', ')}}`;
    case 'primitive':
      switch (type.primitive) {
        case 'bool':
          return 'false';
        case 'string':
          return "''";
        case 'uuid':
          return 'ZERO_UUID';
        case 'bytes':
          return 'EMPTY_BYTES';
        case 'records':
          return 'null';
        default:
          return '0';
      }
  }
}

/** The fewest bytes that a value of this type takes: what bounds an array's claimed length. */
function minimumBytes(type: FieldType, compact: boolean, context: Context): number {
  if (type.kind === 'array') return compact ? 1 : 4;
  if (type.kind === 'struct') {
    let total = context.flexible ? 1 : 0;
    for (const field of Object.values(type.fields)) {
      if (isPresent(field, context.version) && !isTagged(field, context)) {
        total += minimumBytes(field.type, isCompact(field, context), context);
      }
    }
    return Math.max(total, 1);
  }
  const scalar = SCALAR_BYTES[type.primitive];
  if (scalar !== undefined) return scalar;
  if (compact) return 1;
  return type.primitive === 'string' ? 2 : 4;
}

function methodName(primitive: PrimitiveType, compact: boolean, nullable: boolean): string {
  if (SCALAR_BYTES[primitive] !== undefined) return primitive;
  const stem = primitive === 'string' ? 'String' : 'Bytes';
  const prefixed = nullable ? `Nullable${stem}` : stem;
  return compact ? `compact${prefixed}` : prefixed.charAt(0).toLowerCase() + prefixed.slice(1);
}

// --- decoding -------------------------------------------------------------------------------------------------------

function decodeInto(target: string, type: FieldType, compact: boolean, nullable: boolean, context: Context): string {
  if (type.kind === 'primitive') return `${target} = r.${methodName(type.primitive, compact, nullable)}();`;
  if (type.kind === 'struct') {
    const body = decodeStruct(target, type.fields, context);
    if (!nullable) return body;
    // KIP-893: a nullable struct is preceded by a byte, -1 for null.
    return `if (r.int8() < 0) ${target} = null; else { ${body} }`;
  }
  const count = freshName(context, 'n');
  const index = freshName(context, 'i');
  const item = freshName(context, 'e');
  const minimum = minimumBytes(type.element, compact, context);
  const whenNull = nullable ? `${target} = null;` : `malformed(${JSON.stringify(target)});`;
  const { element } = type;
  const isNumber =
    element.kind === 'primitive' && element.primitive !== 'uuid' && SCALAR_BYTES[element.primitive] !== undefined;
  return `const ${count} = r.${isNumber ? 'count' : 'countObjects'}(${compact}, ${minimum});
    if (${count} < 0) { ${whenNull} } else {
      const a${count} = ${count} <= ${EXACT_ELEMENTS} ? new Array(${count}) : [];
      for (let ${index} = 0; ${index} < ${count}; ${index}++) {
        let ${item};
        ${decodeInto(item, type.element, compact, false, context)}
        a${count}[${index}] = ${item};
      }
      ${target} = a${count};
    }`;
}

function decodeStruct(target: string, fields: Fields, context: Context): string {
  const lines: string[] = [];
  const locals: string[] = [];
  const tagged: { tag: number; field: Field; local: string }[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const local = freshName(context, 'v');
    locals.push(`${name}: ${local}`);
    if (!isPresent(field, context.version)) {
      lines.push(`const ${local} = ${defaultSource(field)};`);
    } else if (isTagged(field, context)) {
      lines.push(`let ${local} = ${defaultSource(field)};`);
      tagged.push({ tag: field.options.tag!, field, local });
    } else {
      const nullable = isNullable(field, context.version);
      lines.push(`let ${local};`, decodeInto(local, field.type, isCompact(field, context), nullable, context));
    }
  }
  if (context.flexible) lines.push(decodeTags(tagged, context));
  lines.push(`${target} = { ${locals.join(', ')} };`);
  return lines.join('\n');
}

function decodeTags(tagged: { tag: number; field: Field; local: string }[], context: Context): string {
  if (tagged.length === 0) return 'r.skipTags();';
  const left = freshName(context, 't');
  const tag = freshName(context, 'g');
  const end = freshName(context, 'z');
  const cases = tagged.map(({ tag: number, field, local }) => {
    const body = decodeInto(local, field.type, true, isNullable(field, context.version), context);
    return `case ${number}: { ${body} break; }`;
  });
  return `for (let ${left} = r.uvarint(); ${left} > 0; ${left}--) {
    const ${tag} = r.uvarint();
    const ${end} = r.uvarint() + r.offset;
    if (${end} > r.end) malformed('a tagged field');
    switch (${tag}) { ${cases.join('\n')} default: r.take(${end} - r.offset); }
    if (r.offset !== ${end}) malformed('the size of a tagged field');
  }`;
}

// --- encoding -------------------------------------------------------------------------------------------------------

function encodeFrom(source: string, type: FieldType, compact: boolean, nullable: boolean, context: Context): string {
  if (type.kind === 'primitive') {
    const writer = currentWriter(context);
    if (type.primitive === 'records' && !nullable) nullable = true;
    return `${writer}.${methodName(type.primitive, compact, nullable)}(${source});`;
  }
  const writer = currentWriter(context);
  if (type.kind === 'struct') {
    const body = encodeStruct(source, type.fields, context);
    if (!nullable) return body;
    return `if (${source} === null) ${writer}.int8(-1); else { ${writer}.int8(1); ${body} }`;
  }
  const item = freshName(context, 'e');
  const length = (count: string): string =>
    compact ? `${writer}.uvarint(${count} + 1);` : `${writer}.int32(${count});`;
  const loop = `${length(`${source}.length`)}
    for (const ${item} of ${source}) { ${encodeFrom(item, type.element, compact, false, context)} }`;
  if (nullable) return `if (${source} === null) { ${length('-1')} } else { ${loop} }`;
  return loop;
}

// Tagged fields are written to a writer of their own, so the name of "the" writer follows the nesting.
const writers = new WeakMap<Context, string[]>();
const currentWriter = (context: Context): string => writers.get(context)?.at(-1) ?? 'w';

/** Whether a value differs from its field's default: what puts a tagged field on the wire. */
function differsSource(value: string, field: Field): string {
  const { type } = field;
  if (field.options.default === undefined) {
    if (type.kind === 'struct') return `(${structDiffersSource(value, type.fields)})`;
    if (type.kind === 'array' || type.primitive === 'bytes' || type.primitive === 'records') {
      return `(${value} === null || ${value}.length > 0)`;
    }
  }
  return `${value} !== ${defaultSource(field)}`;
}

/** A struct differs from its default where any field that is given differs from its own. */
function structDiffersSource(value: string, fields: Fields): string {
  const parts = Object.entries(fields).map(
    ([name, field]) => `(${value}.${name} !== undefined && ${differsSource(`${value}.${name}`, field)})`,
  );
  return parts.length === 0 ? 'false' : parts.join(' || ');
}

function encodeStruct(source: string, fields: Fields, context: Context): string {
  const lines: string[] = [];
  const tagged: Tagged[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const local = freshName(context, 'v');
    lines.push(`let ${local} = ${source}.${name};`);
    const refused = `unencodable(${JSON.stringify(name)}, ${context.version});`;
    if (!isPresent(field, context.version)) {
      if (field.options.ignorable) lines.pop();
      else lines.push(`if (${local} !== undefined && ${differsSource(local, field)}) ${refused}`);
      continue;
    }
    const nullable = isNullable(field, context.version);
    if (!nullable && field.type.kind !== 'primitive') lines.push(`if (${local} === null) ${refused}`);
    if (isTagged(field, context)) {
      const isThere = freshName(context, 't');
      lines.push(`const ${isThere} = ${local} !== undefined && ${differsSource(local, field)};`);
      tagged.push({ tag: field.options.tag!, field, local, isThere });
    } else {
      lines.push(`if (${local} === undefined) ${local} = ${defaultSource(field)};`);
      lines.push(encodeFrom(local, field.type, isCompact(field, context), nullable, context));
    }
  }
  if (context.flexible) lines.push(encodeTags(tagged, context));
  return `{ ${lines.join('\n')} }`;
}

/** A tagged field with the names of its value and of whether it is to be written. */
interface Tagged {
  readonly tag: number;
  readonly field: Field;
  readonly local: string;
  readonly isThere: string;
}

function encodeTags(tagged: Tagged[], context: Context): string {
  const outer = currentWriter(context);
  if (tagged.length === 0) return `${outer}.uvarint(0);`;
  const lines = [`${outer}.uvarint(${tagged.map(({ isThere }) => `(${isThere} ? 1 : 0)`).join(' + ')});`];
  for (const { tag, field, local, isThere } of [...tagged].sort((a, b) => a.tag - b.tag)) {
    const inner = freshName(context, 'w');
    const stack = writers.get(context) ?? [];
    writers.set(context, [...stack, inner]);
    const body = encodeFrom(local, field.type, true, isNullable(field, context.version), context);
    writers.set(context, stack);
    lines.push(`if (${isThere}) ${outer}.tagged(${tag}, (${inner}) => { ${body} });`);
  }
  return lines.join('\n');
}

// --- assembly -------------------------------------------------------------------------------------------------------

function malformed(what: string): never {
  throw new MalformedMessageError(`malformed: ${what}`);
}

function unencodable(field: string, version: number): never {
  throw new UnencodableValueError(`version ${version} cannot carry this value of '${field}'`);
}

/** Compiles the codec of `fields` for one version. */
export function compileCodec(fields: Fields, version: number, flexible: boolean): Codec {
  const decodeBody = decodeStruct('out', fields, { version, flexible, names: 0 });
  const encodeBody = encodeStruct('value', fields, { version, flexible, names: 0 });
  const make = new Function(
    'ZERO_UUID',
    'EMPTY_BYTES',
    'malformed',
    'unencodable',
    `return {
      decode(r) { let out; ${decodeBody} return out; },
      encode(w, value) { ${encodeBody} },
    };`,
  );
  return make(ZERO_UUID, EMPTY_BYTES, malformed, unencodable) as Codec;
}

/** The bytes of a value as one buffer: for stored records and tests. */
export function encodeToBuffer<Init>(codec: Codec<unknown, Init>, value: Init): Buffer {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.toBuffer();
}
