import type { Fields, FieldType } from './fields';

/**
 * Whether a decoded message of these fields may hold views of its frame, in any version. Kafka keeps the buffers of the
 * same requests until they are answered (ApiKeys.requiresDelayedAllocation).
 */
export function carriesBytes(fields: Fields): boolean {
  return Object.values(fields).some(({ type }) => typeCarriesBytes(type));
}

function typeCarriesBytes(type: FieldType): boolean {
  switch (type.kind) {
    case 'array':
      return typeCarriesBytes(type.element);
    case 'struct':
      return carriesBytes(type.fields);
    case 'primitive':
      return type.primitive === 'bytes' || type.primitive === 'records';
  }
}
