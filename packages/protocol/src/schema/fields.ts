/**
 * The declaration language. A message is a plain object of fields in wire order; each field names the versions that
 * carry it exactly as Kafka's message files do, and its TypeScript type is inferred from the declaration.
 *
 *     { groupId: string('0+'), topics: array({ name: string('0+'), id: uuid('13+') }, '0+', { nullable: '8+' }) }
 */
export interface FieldOptions {
  /** Versions in which null may be sent. */
  readonly nullable?: string;
  /** What a version without the field holds, and what an omitted field is sent as. Its type's zero value otherwise. */
  readonly default?: number | string | boolean | null;
  /** The field's tag, where it is a tagged field (KIP-482). It is tagged in all its versions. */
  readonly tag?: number;
  /** Not Kafka's but ours: a tagged field that is sent only to who asks for it, and that everybody else skips. */
  readonly own?: true;
  /** A value other than the default may be dropped silently where the version lacks the field. */
  readonly ignorable?: boolean;
  /** `none` where the field keeps its old encoding in flexible versions (only the header's client id). */
  readonly flexible?: 'none';
}

export type PrimitiveType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records';

export type FieldType =
  | { readonly kind: 'primitive'; readonly primitive: PrimitiveType }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'array'; readonly element: FieldType };

/** One field. `Value` is what it decodes to; `Optional` tells whether it may be left out when encoding. */
export interface Field<Value = unknown, Optional extends boolean = boolean> {
  readonly type: FieldType;
  readonly versions: string;
  readonly options: FieldOptions;
  readonly _value?: Value;
  readonly _optional?: Optional;
}

export type Fields = { readonly [name: string]: Field };

// A field may be left out of a value to be encoded when some version lacks it or when it has a default.
type IsOptional<Versions extends string, Options> = Versions extends '0+'
  ? Options extends { readonly default: unknown } | { readonly tag: number }
    ? true
    : false
  : true;
type WithNull<Value, Options> = Options extends { readonly nullable: string } ? Value | null : Value;

/** What a struct of these fields decodes to: every field is there in every version. */
export type Decoded<F extends Fields> = {
  -readonly [K in keyof F]: F[K] extends Field<infer Value, boolean> ? Value : never;
};

type Init<Value> = Value extends Uint8Array
  ? Uint8Array
  : Value extends readonly (infer Item)[]
    ? readonly Init<Item>[]
    : Value;

// Throttling is the quotas' affair: whoever makes an answer need not think of it.
type OptionalKey<F extends Fields, K extends keyof F> = K extends 'throttleTimeMs'
  ? K
  : F[K] extends Field<unknown, true>
    ? K
    : never;

/** What may be given to encode a struct of these fields. */
export type Encodable<F extends Fields> = {
  readonly [K in keyof F as OptionalKey<F, K>]?: F[K] extends Field<infer V, boolean> ? EncodableValue<F[K], V> : never;
} & {
  readonly [K in keyof F as Exclude<K, OptionalKey<F, K>>]: F[K] extends Field<infer V, boolean>
    ? EncodableValue<F[K], V>
    : never;
};

type EncodableValue<FieldOf, Value> = FieldOf extends { readonly _struct?: infer S }
  ? S extends Fields
    ? null extends Value
      ? (NonNullable<Value> extends readonly unknown[] ? readonly Encodable<S>[] : Encodable<S>) | null
      : Value extends readonly unknown[]
        ? readonly Encodable<S>[]
        : Encodable<S>
    : Init<Value>
  : Init<Value>;

/** A field whose value is, or is an array of, a struct: keeps the struct's fields for `Encodable`. */
export interface StructField<Value, Optional extends boolean, S extends Fields> extends Field<Value, Optional> {
  readonly _struct?: S;
}

/** Declares a field of a primitive type; the function itself is the element type in `array(int32, '0+')`. */
export interface Primitive<Value> {
  <const V extends string, const O extends FieldOptions = Record<never, never>>(
    versions: V,
    options?: O,
  ): Field<WithNull<Value, O>, IsOptional<V, O>>;
  readonly type: FieldType;
  readonly _element?: Value;
}

function primitive<Value>(name: PrimitiveType): Primitive<Value> {
  const type: FieldType = { kind: 'primitive', primitive: name };
  const declare = (versions: string, options: FieldOptions = {}): Field => ({ type, versions, options });
  return Object.assign(declare, { type }) as unknown as Primitive<Value>;
}

export const bool = primitive<boolean>('bool');
export const int8 = primitive<number>('int8');
export const int16 = primitive<number>('int16');
export const uint16 = primitive<number>('uint16');
export const int32 = primitive<number>('int32');
export const int64 = primitive<number>('int64');
export const float64 = primitive<number>('float64');
export const string = primitive<string>('string');
/** 22 characters, see `wire/uuid.ts`. */
export const uuid = primitive<string>('uuid');
/** A view of the frame when decoded. */
export const bytes = primitive<Buffer>('bytes');
/** Record batches, opaque here; see `records/`. A view of the frame when decoded. */
export const records = primitive<Buffer>('records');

/** Declares an array of primitives or of structs (a plain object of fields). */
export function array<Value, const V extends string, const O extends FieldOptions = Record<never, never>>(
  element: Primitive<Value>,
  versions: V,
  options?: O,
): Field<WithNull<Value[], O>, IsOptional<V, O>>;
export function array<F extends Fields, const V extends string, const O extends FieldOptions = Record<never, never>>(
  element: F,
  versions: V,
  options?: O,
): StructField<WithNull<Decoded<F>[], O>, IsOptional<V, O>, F>;
export function array(element: Primitive<unknown> | Fields, versions: string, options: FieldOptions = {}): Field {
  const elementType: FieldType =
    typeof element === 'function' ? element.type : { kind: 'struct', fields: element as Fields };
  return { type: { kind: 'array', element: elementType }, versions, options };
}

/** Declares a field that is one struct. */
export function struct<F extends Fields, const V extends string, const O extends FieldOptions = Record<never, never>>(
  fields: F,
  versions: V,
  options?: O,
): StructField<WithNull<Decoded<F>, O>, IsOptional<V, O>, F> {
  return { type: { kind: 'struct', fields }, versions, options: options ?? {} };
}
