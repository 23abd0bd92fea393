import { Metadata } from '@odradek/protocol/messages/metadata';
import { nodeClock } from '../env/node/clock';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { BrokerTopicMetrics } from './broker-topic-metrics';
import { type CleanerFacts, cleanerFamilies } from './cleaner-families';
import { controllerFamilies } from './controller-families';
import { MetricsEndpoint } from './endpoint';
import { Exposition, MAX_SERIES } from './exposition';
import { type Family, gauge } from './families';
import { followerFamilies } from './follower-families';
import { groupFamilies } from './group-families';
import { quotaFamilies } from './quota-families';
import { type ObservedPartition, replicaFamilies } from './replica-families';
import { RequestMetrics } from './request-metrics';
import { serverFamilies, ZooKeeperSessionMetrics } from './server-families';

/** Every series as one line, without those of the process. */
async function shown(...families: Family[]): Promise<string[]> {
  const exposition = await Exposition.create(nodeClock);
  exposition.add(families);
  return linesOf(await exposition.render());
}

const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => /^(kafka|odradek|test)_/.test(line) && !line.startsWith('odradek_metrics_omitted'));

const read = (families: readonly Family[], name: string) => [...families.find((it) => it.name === name)!.read()];

describe('exposition', () => {
  test('types, help, labels and the process itself are told', async () => {
    const exposition = await Exposition.create(nodeClock);
    exposition.add([
      gauge('test_gauge', 'A gauge', () => 1.5),
      gauge('test_absent', 'No series', () => null),
      {
        name: 'test_labelled_total',
        help: 'A counter',
        type: 'counter',
        read: () => [{ labels: { topic: 'with "quotes" and \\', group: 'two\nlines' }, value: 2 }],
      },
      {
        name: 'test_summary',
        help: 'A summary',
        type: 'summary',
        read: () => [
          { labels: { quantile: '0.50' }, value: 3 },
          { value: 4, part: 'sum' },
          { value: 5, part: 'count' },
        ],
      },
    ]);
    const text = await exposition.render();
    expect(exposition.contentType).toContain('text/plain; version=0.0.4');
    expect(text).toContain('# HELP test_gauge A gauge\n# TYPE test_gauge gauge\ntest_gauge 1.5\n');
    expect(text).toContain('# TYPE test_absent gauge\n# HELP test_labelled_total A counter\n');
    expect(linesOf(text)).toEqual([
      'test_gauge 1.5',
      'test_labelled_total{topic="with \\"quotes\\" and \\\\",group="two\\nlines"} 2',
      'test_summary{quantile="0.50"} 3',
      'test_summary_sum 4',
      'test_summary_count 5',
    ]);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toContain('\nodradek_metrics_omitted_series 0\n');
    expect(text.endsWith('\n')).toBe(true);
  });

  test('a family has no more series than a scrape can bear, and it is said how many are missing', async () => {
    const exposition = await Exposition.create(nodeClock);
    const values = Array.from({ length: MAX_SERIES + 7 }, (_, value) => ({ labels: { n: String(value) }, value }));
    exposition.add([{ name: 'test_many', help: 'Many', type: 'gauge', read: () => values }]);
    const text = await exposition.render();
    expect(linesOf(text)).toHaveLength(MAX_SERIES);
    expect(text).toContain('\nodradek_metrics_omitted_series 7\n');
  });

  test('who asks while another is answered gets the same answer', async () => {
    let reads = 0;
    const exposition = await Exposition.create(nodeClock);
    exposition.add([gauge('test_reads', 'Reads', () => ++reads)]);
    const [first, second] = await Promise.all([exposition.render(), exposition.render()]);
    expect([first === second, reads]).toEqual([true, 1]);
    await exposition.render();
    expect(reads).toBe(2);
  });
});

describe('endpoint', () => {
  test('says that it lives, whether it is ready, and why not', async () => {
    let reasons: string[] = ['no controller is known'];
    const exposition = await Exposition.create(nodeClock);
    const loggers = new MemoryLoggers();
    const endpoint = new MetricsEndpoint(exposition, () => reasons, loggers.logger('test'));
    const asked = async (path: string) => {
      const { status, body } = await endpoint.answer(path);
      return [status, body];
    };
    expect(await asked('/healthz')).toEqual([200, '{"alive":true}\n']);
    expect(await asked('/ready')).toEqual([503, '{"ready":false,"reasons":["no controller is known"]}\n']);
    reasons = [];
    expect(await asked('/ready')).toEqual([200, '{"ready":true,"reasons":[]}\n']);
    expect((await asked('/metrics/'))[0]).toBe(404);
    expect((await asked('/metrics'))[0]).toBe(200);
    const broken = gauge('test_broken', 'Broken', () => {
      throw new Error('why');
    });
    exposition.add([broken]);
    expect((await asked('/metrics'))[0]).toBe(500);
    expect(loggers.messages('error')).toEqual(['Metrics cannot be read: why']);
  });
});

describe('topics', () => {
  const bytesOf = (bytes: number, error: { error: string } | null = null) => ({ error, slice: { bytes } });

  test('what goes in and out is counted for each and for all', () => {
    const topics = new Set(['a', 'b']);
    const traffic = new BrokerTopicMetrics((topic) => topics.has(topic));
    traffic.appended('a', { recordCount: 3, validBytes: 100 });
    traffic.appended('b', { recordCount: 1, validBytes: 10 });
    traffic.appendFailed('a', 'MESSAGE_TOO_LARGE', false, 500);
    traffic.appendFailed('a', 'INVALID_RECORD', true, 5);
    traffic.appendFailed('nowhere', 'UNKNOWN_TOPIC_OR_PARTITION', false, 5);
    traffic.fetched([{ topic: 'a' }, { topic: null }], [bytesOf(70), bytesOf(0, { error: 'UNKNOWN_TOPIC_ID' })], false);
    traffic.fetched([{ topic: 'a' }], [bytesOf(30)], true);
    traffic.fetched([{ topic: 'b' }], [bytesOf(0, { error: 'CORRUPT_MESSAGE' })], false);
    const values = (series: string) =>
      Object.fromEntries(
        read(traffic.families(), `kafka_server_brokertopicmetrics_${series}_total`).map(({ labels, value }) => [
          labels?.['topic'] ?? '',
          value,
        ]),
      );
    expect(values('messagesin')).toEqual({ '': 4, a: 3, b: 1 });
    expect(values('bytesin')).toEqual({ '': 110, a: 100, b: 10 });
    expect(values('bytesout')).toEqual({ '': 70, a: 70, b: 0 });
    expect(values('replicationbytesout')).toEqual({ '': 30 });
    expect(values('bytesrejected')).toEqual({ '': 500, a: 500, b: 0 });
    expect(values('totalproducerequests')).toEqual({ '': 5, a: 3, b: 1 });
    expect(values('failedproducerequests')).toEqual({ '': 1, a: 1, b: 0 });
    expect(values('totalfetchrequests')).toEqual({ '': 4, a: 2, b: 1 });
    expect(values('failedfetchrequests')).toEqual({ '': 1, a: 0, b: 1 });
    topics.delete('a');
    expect(values('messagesin')).toEqual({ '': 4, b: 1 });
  });
});

describe('requests', () => {
  const observation = (key: number, name: string, version: number, request: unknown, totalMs: number) => ({
    api: { key, name, response: Metadata.response },
    version,
    request,
    response: null as unknown,
    requestBytes: 100,
    responseBytes: 50,
    totalMs,
    handleMs: 1,
  });

  test('by API and version; fetches also by who fetches', () => {
    const metrics = new RequestMetrics(new ManualClock());
    metrics.observe(observation(3, 'Metadata', 12, {}, 2));
    metrics.observe(observation(3, 'Metadata', 1, {}, 4));
    metrics.observe(observation(1, 'Fetch', 12, { replicaId: -1 }, 500));
    metrics.observe(observation(1, 'Fetch', 15, { replicaId: -1, replicaState: { replicaId: 3 } }, 1));
    const counts = read(metrics.families(), 'kafka_network_requestmetrics_requests_total');
    expect(counts.map(({ labels, value }) => [labels!['request'], labels!['version'], value])).toEqual([
      ['Metadata', '1', 1],
      ['Metadata', '12', 1],
      ['Fetch', '12', 1],
      ['Fetch', '15', 1],
      ['FetchConsumer', '12', 1],
      ['FetchFollower', '15', 1],
    ]);
  });

  test('error codes of answers are counted wherever they are, those left out as NONE', () => {
    const metrics = new RequestMetrics(new ManualClock());
    const response = {
      topics: [{ errorCode: 3, partitions: [] }, { partitions: [{ errorCode: 5 }, { errorCode: 0 }, {}] }],
    };
    metrics.observe({ ...observation(3, 'Metadata', 12, {}, 1), response });
    metrics.observe({ ...observation(3, 'Metadata', 12, {}, 1), response: { topics: [{ errorCode: 3 }] } });
    metrics.observe(observation(3, 'Metadata', 12, {}, 1));
    const errors = read(metrics.families(), 'kafka_network_requestmetrics_errors_total');
    expect(Object.fromEntries(errors.map(({ labels, value }) => [labels!['error'], value]))).toEqual({
      NONE: 3,
      LEADER_NOT_AVAILABLE: 1,
      UNKNOWN_TOPIC_OR_PARTITION: 2,
    });
  });

  test('times are in milliseconds, sizes in bytes', async () => {
    const metrics = new RequestMetrics(new ManualClock());
    for (let count = 0; count < 99; count++) metrics.observe(observation(3, 'Metadata', 12, {}, 2));
    metrics.observe(observation(3, 'Metadata', 12, {}, 1000));
    const lines = await shown(...metrics.families());
    const numberOf = (series: string) =>
      Number(
        lines
          .find((line) => line.startsWith(series))
          ?.split(' ')
          .pop(),
      );
    const times = 'kafka_network_requestmetrics_totaltimems';
    expect(numberOf(`${times}{request="Metadata",quantile="0.50"}`)).toBeCloseTo(2, 0);
    expect(numberOf(`${times}{request="Metadata",quantile="0.99"}`)).toBeCloseTo(2, 0);
    expect(Math.abs(numberOf(`${times}{request="Metadata",quantile="0.999"}`) - 1000)).toBeLessThan(125);
    expect(numberOf(`${times}_sum{request="Metadata"}`)).toBeCloseTo(1198);
    expect(numberOf(`${times}_count{request="Metadata"}`)).toBe(100);
    expect(numberOf('kafka_network_requestmetrics_remotetimems_sum')).toBeCloseTo(1098);
    expect(numberOf('kafka_network_requestmetrics_requestbytes_sum')).toBe(10_000);
  });
});

describe('the broker', () => {
  const log = { size: 10, segmentCount: 2, logStartOffset: 3, logEndOffset: 7 };
  const replica = (partition: number, isr: number[] | null, addingReplicas: number[] = []): ObservedPartition => ({
    topic: 't',
    partition,
    replicas: [0, 1, 2],
    addingReplicas,
    removingReplicas: [],
    role: isr ? { type: 'leader', state: { isr } } : { type: 'follower' },
    log,
  });

  test('the cleaner: how dirty logs are, and what it has done', () => {
    const facts = {
      maxDirtyRatio: 0.426,
      sinceLastRunMs: 1234.5,
      uncleanable: new Map([['/a', 2]]),
      lastRound: { seconds: 3.9, bytesRead: 1000, bytesWritten: 101 },
    };
    const value = (name: string, of: CleanerFacts = facts) =>
      read(
        cleanerFamilies(() => of),
        `kafka_log_${name}`,
      );
    expect(value('logcleanermanager_max_dirty_percent')).toEqual([{ value: 42 }]);
    expect(value('logcleanermanager_time_since_last_run_ms')).toEqual([{ value: 1235 }]);
    expect(value('logcleanermanager_uncleanable_partitions_count')).toEqual([
      { labels: { logdirectory: '/a' }, value: 2 },
    ]);
    expect(value('logcleaner_cleaner_recopy_percent')).toEqual([{ value: 10 }]);
    expect(value('logcleaner_max_clean_time_secs')).toEqual([{ value: 3 }]);
    expect(value('logcleaner_max_clean_time_secs', { ...facts, lastRound: null })).toEqual([{ value: 0 }]);
    expect(cleanerFamilies(() => null)).toEqual([]);
  });

  test('replicas: what leads, what is short of replicas, how large logs are', () => {
    const partitions = [
      replica(0, [0, 1, 2]),
      replica(1, [0, 1]),
      replica(2, [0]),
      replica(3, null),
      replica(4, [0, 1], [2]),
      { ...replica(5, null), removingReplicas: [1] },
    ];
    const families = replicaFamilies({
      partitions: () => partitions,
      offlineReplicas: () => 4,
      logDirs: () => [
        { path: '/a', isOffline: false },
        { path: '/b', isOffline: true },
      ],
      minInsyncReplicas: () => 2,
      isrCounts: { shrinks: 5, expands: 6, failedUpdates: 7 },
    });
    const value = (name: string) => read(families, `kafka_server_replicamanager_${name}`)[0]!.value;
    expect(value('partitioncount')).toBe(6);
    expect(value('leadercount')).toBe(4);
    expect(value('underreplicatedpartitions')).toBe(2);
    expect(value('reassigningpartitions')).toBe(1);
    expect(value('underminisrpartitioncount')).toBe(1);
    expect(value('atminisrpartitioncount')).toBe(2);
    expect(['isrshrinks', 'isrexpands', 'failedisrupdates'].map((name) => value(`${name}_total`))).toEqual([5, 6, 7]);
    expect(value('offlinereplicacount')).toBe(4);
    expect(read(families, 'kafka_log_logmanager_offlinelogdirectorycount')).toEqual([{ value: 1 }]);
    expect(read(families, 'kafka_log_logmanager_logdirectoryoffline').map(({ value }) => value)).toEqual([0, 1]);
    expect(read(families, 'kafka_log_log_logendoffset')[3]).toEqual({
      labels: { topic: 't', partition: '3' },
      value: 7,
    });
  });

  test('followers: how far behind they are, and those that have given up', () => {
    const lags = [3, 8, 0].map((lag, partition) => ({ partition: { topic: 't', partition }, lag }));
    const families = followerFamilies({ lags: () => lags, failedCount: () => 2, bytesIn: () => 77 });
    const value = (name: string) => read(families, name)[0]!.value;
    expect(value('kafka_server_replicafetchermanager_maxlag')).toBe(8);
    expect(value('kafka_server_replicafetchermanager_failedpartitionscount')).toBe(2);
    expect(value('kafka_server_brokertopicmetrics_replicationbytesin_total')).toBe(77);
    expect(read(families, 'kafka_server_fetcherlagmetrics_consumerlag')[1]).toEqual({
      labels: { topic: 't', partition: '1' },
      value: 8,
    });
  });

  test('all are zero on a broker that is not the controller', () => {
    const facts = {
      brokers: 3,
      topics: 2,
      partitions: 10,
      offlinePartitions: 1,
      imbalancedPartitions: 4,
      topicsToDelete: 1,
      replicasToDelete: 6,
    };
    const values = (families: Family[]) => families.map((family) => [...family.read()][0]!.value);
    expect(values(controllerFamilies(() => facts, { unclean: 5 }))).toEqual([1, 3, 2, 10, 1, 4, 1, 6, 5]);
    expect(new Set(values(controllerFamilies(() => null, { unclean: 0 })))).toEqual(new Set([0]));
  });

  test('groups: how many, and how far behind where that can be known', () => {
    const committed = [
      ['t', 0, { offset: 5 }],
      ['t', 1, { offset: 50 }],
      ['elsewhere', 0, { offset: 1 }],
    ] as const;
    const families = groupFamilies({
      groups: () => [{ groupId: 'g', core: { state: 'Stable' }, offsets: { size: 3, all: () => committed } }],
      highWatermarkOf: (topic, partition) => (topic === 't' ? [12, 40][partition]! : null),
    });
    expect(read(families, 'kafka_consumergroup_lag').map(({ value }) => value)).toEqual([7, 0]);
    expect(read(families, 'kafka_consumergroup_current_offset')).toHaveLength(3);
    const prefix = 'kafka_coordinator_group_groupmetadatamanager';
    expect(read(families, `${prefix}_numgroupsstable`)).toEqual([{ value: 1 }]);
    expect(read(families, `${prefix}_numgroupsempty`)).toEqual([{ value: 0 }]);
    expect(read(families, `${prefix}_numoffsets`)).toEqual([{ value: 3 }]);
  });

  test('quotas: what clients use, under the names that they are counted by', async () => {
    const usage = { user: '', clientId: '', perSecond: 1, throttleTimeMs: null };
    const of = <Used>(...usages: Used[]) => ({ usages: () => usages, throttledCount: usages.length });
    const lines = await shown(
      ...quotaFamilies({
        produce: of({ ...usage, user: 'alice', clientId: 'app' }, { ...usage, user: 'bob', perSecond: 2.5 }),
        fetch: of({ ...usage, clientId: 'app', throttleTimeMs: 40 }),
        request: of({ ...usage, user: 'alice', throttleTimeMs: 1000 }),
        controllerMutation: of({ ...usage, clientId: 'app', tokens: -3 }),
        exemptPercent: 7,
      }),
    );
    expect(lines).toEqual([
      'kafka_server_quota_byte_rate{resource="Produce",user="alice",clientId="app"} 1',
      'kafka_server_quota_byte_rate{resource="Produce",user="bob"} 2.5',
      'kafka_server_quota_byte_rate{resource="Fetch",clientId="app"} 1',
      'kafka_server_quota_request_time{resource="Request",user="alice"} 1',
      'kafka_server_quota_mutation_rate{resource="ControllerMutation",clientId="app"} 1',
      'kafka_server_quota_tokens{resource="ControllerMutation",clientId="app"} -3',
      'kafka_server_quota_throttle_time{resource="Fetch",clientId="app"} 40',
      'kafka_server_quota_throttle_time{resource="Request",user="alice"} 1000',
      'kafka_server_produce_queue_size 2',
      'kafka_server_fetch_queue_size 1',
      'kafka_server_request_queue_size 1',
      'kafka_server_controllermutation_queue_size 1',
      'kafka_server_request_exempt_request_time 7',
    ]);
  });

  test('the ZooKeeper session: its state now, and how often it came to each', async () => {
    const zooKeeper = new ZooKeeperSessionMetrics();
    for (const state of ['disconnected', 'expired', 'connected', 'disconnected']) zooKeeper.entered(state);
    const lines = await shown(...serverFamilies({ brokerState: () => 3, connections: () => 2, zooKeeper }));
    expect(lines).toEqual(
      expect.arrayContaining([
        'kafka_server_kafkaserver_brokerstate 3',
        'kafka_server_sessionexpirelistener_sessionstate{state="connected"} 0',
        'kafka_server_sessionexpirelistener_sessionstate{state="disconnected"} 1',
        'kafka_server_sessionexpirelistener_zookeeperdisconnects_total 2',
        'kafka_server_sessionexpirelistener_zookeeperexpires_total 1',
      ]),
    );
  });
});
