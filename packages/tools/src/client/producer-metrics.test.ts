import { PartitionQueue, ProducerBatch } from './accumulator';
import { producerSettings } from './producer-config';
import { metricLines, ProducerMetrics } from './producer-metrics';
import { Sampled } from './sampled';

describe('a sampled statistic', () => {
  it('takes a rate over a full window at least, and forgets what is older than two', () => {
    let nowMs = 1_000;
    const sampled = new Sampled(() => nowMs);
    expect([sampled.perSecond, sampled.average, sampled.max]).toEqual([0, Number.NaN, Number.NaN]);
    sampled.record(1_000);
    // What Java's client shows for 1000 records after 0.653 seconds.
    nowMs += 653;
    expect(sampled.perSecond.toFixed(3)).toBe('32.623');
    nowMs = 31_000;
    sampled.record(10);
    expect([sampled.average, sampled.max]).toEqual([505, 1_000]);
    nowMs = 61_000;
    expect([sampled.average, sampled.max, sampled.total]).toEqual([10, 10, 1_010]);
    sampled.record(30);
    expect([sampled.average, sampled.max]).toEqual([20, 30]);
    expect(sampled.perSecond).toBe(40 / 30);
  });
});

describe('the metrics of a producer', () => {
  it('are laid out as Java prints them', () => {
    const lines = metricLines(
      new Map<string, number | string>([
        ['b:long-name:{client-id=c}', 2.5],
        ['a:x:{client-id=c}', '17'],
        ['c:y:{client-id=c}', Number.NaN],
      ]),
    );
    expect(lines).toEqual([
      '',
      'Metric Name                 Value',
      'a:x:{client-id=c}         : 17',
      'b:long-name:{client-id=c} : 2.500',
      'c:y:{client-id=c}         : NaN',
    ]);
  });

  it('count requests, batches and records by node and topic', () => {
    const metrics = new ProducerMetrics(
      producerSettings(new Map([['client.id', 'c']]), () => undefined),
      () => 5_000,
    );
    const batch = new ProducerBatch({}, 4_980, 1_000);
    for (let index = 0; index < 3; index++) {
      batch.tryAppend({ timestamp: 1, value: Buffer.alloc(100) }, () => undefined);
    }
    metrics.opened(0);
    metrics.sent(0, 400);
    metrics.requested([{ queue: new PartitionQueue('t', 0), batch }], [Buffer.alloc(batch.sizeInBytes / 2)]);
    metrics.received(0, 60);
    metrics.produced(0, 7, 0);
    metrics.finished();
    metrics.retried('t', 3);

    const all = metrics.all({ bufferedBytes: 1_024, waiting: 0, metadataMs: undefined });

    expect(all.get('producer-metrics:record-send-total:{client-id=c}')).toBe(3);
    expect(all.get('producer-metrics:records-per-request-avg:{client-id=c}')).toBe(3);
    expect(all.get('producer-metrics:record-queue-time-max:{client-id=c}')).toBe(20);
    expect(all.get('producer-metrics:record-size-max:{client-id=c}')).toBe(186);
    expect(all.get('producer-metrics:compression-rate-avg:{client-id=c}')).toBeCloseTo(0.5, 2);
    expect(all.get('producer-metrics:buffer-available-bytes:{client-id=c}')).toBe(33_554_432 - 1_024);
    expect(all.get('producer-metrics:requests-in-flight:{client-id=c}')).toBe(0);
    expect(all.get('producer-node-metrics:request-latency-avg:{client-id=c, node-id=node-0}')).toBe(7);
    expect(all.get('producer-node-metrics:incoming-byte-total:{client-id=c, node-id=node-0}')).toBe(60);
    expect(all.get('producer-topic-metrics:record-retry-total:{client-id=c, topic=t}')).toBe(3);
  });
});
