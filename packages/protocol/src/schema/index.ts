export type { MessageInit, MessageOf, RequestInit, RequestOf, ResponseInit, ResponseOf } from './api';
export { type Api, defineApi, defineMessage, type Message } from './api';
export {
  array,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uint16,
  uuid,
} from './fields';
