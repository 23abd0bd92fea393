import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import { Newest } from './newest';

const record = (timestamp: number, value: Buffer): ConsumerRecord =>
  ({ partition: 0, offset: timestamp, timestamp, key: null, value, headers: [] }) as unknown as ConsumerRecord;

const times = (newest: Newest): number[] => newest.result().messages.map(({ timestamp }) => timestamp);

test('the newest are kept in the order of their times, wherever they come from', () => {
  const newest = new Newest(3);
  for (const timestamp of [10, 30, 50, 70, 20, 40, 60, 5, 6, 7, 65]) newest.add([record(timestamp, Buffer.from('x'))]);
  expect(times(newest)).toEqual([60, 65, 70]);
  expect(newest.result().dropped).toBe(0);
  const few = new Newest(3);
  few.add([record(2, Buffer.from('x')), record(1, Buffer.from('x'))]);
  expect(times(few)).toEqual([1, 2]);
  const none = new Newest(0);
  none.add([record(2, Buffer.from('x')), record(1, Buffer.from('x'))]);
  expect(none.result()).toEqual({ messages: [], dropped: 0 });
});

test('large ones are kept as far as they fit, and no older one instead; what has no room is told', () => {
  const newest = new Newest(100, 10_000);
  for (let timestamp = 1; timestamp <= 50; timestamp++) newest.add([record(timestamp, Buffer.alloc(1_000, 'x'))]);
  newest.add([record(3, Buffer.from('small'))]);
  expect(times(newest)).toEqual([44, 45, 46, 47, 48, 49, 50]);
  expect(newest.result().dropped).toBe(51 - 7);
});

test('what was fetched with a record is not kept with it', () => {
  const newest = new Newest(10);
  const fetched = Buffer.alloc(1_000, 'a');
  newest.add([record(1, fetched.subarray(0, 3))]);
  fetched.fill('b');
  expect(newest.result().messages[0]!.value!.data).toBe('aaa');
});
