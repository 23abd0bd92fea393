import { ConfigDef, type ConfigKey } from '../config/config-def';
import { oneOf } from '../config/validators';

/** What every converter is told of its place (org.apache.kafka.connect.storage.ConverterConfig). */
export const CONVERTER_TYPE: ConfigKey = {
  name: 'converter.type',
  type: 'STRING',
  validate: oneOf('key', 'value', 'header'),
  importance: 'LOW',
  documentation: 'What the converter is used for: keys, values or headers.',
};

export const PLAIN_CONVERTER_CONFIG = new ConfigDef([CONVERTER_TYPE]);

export const STRING_CONVERTER_CONFIG = new ConfigDef([
  CONVERTER_TYPE,
  {
    name: 'converter.encoding',
    type: 'STRING',
    fallback: 'UTF-8',
    importance: 'HIGH',
    documentation: "Java's name of the character set in which strings become bytes.",
    group: null,
    order: -1,
    width: 'MEDIUM',
    displayName: 'Encoding',
  },
]);

export const NO_CONFIG = new ConfigDef([]);
