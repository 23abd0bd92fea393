import { ConfigDef } from '../../config/config-def';
import { oneOfInAnyCase } from '../../config/validators';
import { CONVERTER_TYPE } from '../config';

/** org.apache.kafka.connect.json.JsonConverterConfig. */
export const JSON_CONVERTER_CONFIG = new ConfigDef([
  CONVERTER_TYPE,
  {
    name: 'schemas.enable',
    type: 'BOOLEAN',
    fallback: 'true',
    importance: 'HIGH',
    documentation: 'Whether every key and value carries its schema along, in an envelope.',
    group: 'Schemas',
    order: 0,
    width: 'MEDIUM',
    displayName: 'Enable Schemas',
  },
  {
    name: 'schemas.cache.size',
    type: 'INT',
    fallback: '1000',
    importance: 'HIGH',
    documentation: 'How many translated schemas this converter keeps.',
    group: 'Schemas',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Schema Cache Size',
  },
  {
    name: 'decimal.format',
    type: 'STRING',
    fallback: 'BASE64',
    validate: oneOfInAnyCase('BASE64', 'NUMERIC'),
    importance: 'LOW',
    documentation:
      'How decimals are written: as BASE64 of their bytes, or as NUMERIC JSON numbers. Case does not matter.',
    group: 'Serialization',
    order: 0,
    width: 'MEDIUM',
    displayName: 'Decimal Format',
  },
  {
    name: 'replace.null.with.default',
    type: 'BOOLEAN',
    fallback: 'true',
    importance: 'LOW',
    documentation: 'Whether the default of a field takes the place of null.',
    group: 'Serialization',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Replace null with default',
  },
]);
