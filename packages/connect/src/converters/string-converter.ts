import { ToolError } from '@odradek/tools/tool-error';
import type { ConnectHeader } from '../data/record';
import { OPTIONAL_STRING_SCHEMA, type Schema } from '../data/schema';
import { DataError } from '../errors';
import { javaText } from '../java/text';
import type { Converter, HeaderConverter, Props, SchemaAndValue } from '../plugins/api';
import { STRING_CONVERTER_CONFIG } from './config';

const ENCODINGS: Readonly<Record<string, BufferEncoding>> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  'us-ascii': 'ascii',
  ascii: 'ascii',
  'iso-8859-1': 'latin1',
  'iso8859-1': 'latin1',
  latin1: 'latin1',
  'utf-16le': 'utf16le',
};

/** Text; whatever is no string is written as Java prints it (org.apache.kafka.connect.storage.StringConverter). */
export class StringConverter implements Converter, HeaderConverter {
  private encoding: BufferEncoding | undefined = 'utf8';
  private encodingName = 'UTF-8';

  configure(props: Props): void {
    this.encodingName = STRING_CONVERTER_CONFIG.parse(props).string('converter.encoding');
    this.encoding = ENCODINGS[this.encodingName.toLowerCase()];
  }

  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (value === null || value === undefined) return null;
    const encoding = this.encodingFor('Failed to serialize to a string: ', 'serializing string to byte[]');
    return Buffer.from(javaText(value, schema), encoding);
  }

  toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    const encoding = this.encodingFor('Failed to deserialize string: ', 'deserializing byte[] to string');
    return { schema: OPTIONAL_STRING_SCHEMA, value: bytes?.toString(encoding) ?? null };
  }

  fromConnectHeader(topic: string, { schema, value }: ConnectHeader): Buffer | null {
    return this.fromConnectData(topic, schema, value);
  }

  toConnectHeader(topic: string, _key: string, bytes: Buffer | null): SchemaAndValue {
    return this.toConnectData(topic, bytes);
  }

  private encodingFor(failure: string, doing: string): BufferEncoding {
    if (this.encoding) return this.encoding;
    const message = `Error when ${doing} due to unsupported encoding ${this.encodingName}`;
    throw new DataError(failure, new ToolError('org.apache.kafka.common.errors.SerializationException', message));
  }
}
