/** The Java class that a value of Connect's data would have: messages name it. Our own classes say it themselves. */
export function classNameOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'java.lang.String';
    case 'boolean':
      return 'java.lang.Boolean';
    case 'bigint':
      return 'java.lang.Long';
    case 'number':
      return Number.isInteger(value) ? 'java.lang.Long' : 'java.lang.Double';
    default:
      return value === null || value === undefined ? 'null' : objectClassOf(value);
  }
}

function objectClassOf(value: object): string {
  if ('javaClass' in value) return String(value.javaClass);
  if (value instanceof Uint8Array) return '[B';
  if (value instanceof Date) return 'java.util.Date';
  if (value instanceof Map) return 'java.util.LinkedHashMap';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  return value.constructor?.name ?? 'Object';
}
