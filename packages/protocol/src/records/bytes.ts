/** The integers of record batches and index files are those of the wire. */
export { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../wire/bytes';
