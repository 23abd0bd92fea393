import type { ToolError } from '../tool-error';
import { assignReplicasAcrossRacks } from '../topics/assignment';
import { parseExecutablePlan, parsePlan, parseTopicsToMove, planJson } from './plan';
import { entry, plan } from './test-plan';
import { movesOf, throttleChanges } from './throttles';

describe('a plan', () => {
  it('is read with its log dirs, nothing checked', () => {
    expect(parsePlan(plan(entry('t', 1, [2, 2]), entry('t', 0, [1, 2], ['any', '/d'])))).toEqual({
      partitions: [
        { topic: 't', partition: 1, replicas: [2, 2] },
        { topic: 't', partition: 0, replicas: [1, 2] },
      ],
      logDirs: [{ topic: 't', partition: 0, broker: 2, logDir: '/d' }],
    });
    expect(parsePlan('{}')).toEqual({ partitions: [], logDirs: [] });
  });

  it.each([
    ['{"version":2}', 'Not supported version field value 2'],
    ['{"partitions":[{"topic":"t","replicas":[1]}]}', 'No such field exists: `partition`'],
    [
      plan(entry('t', 0, [1, 2], ['any'])),
      'Size of replicas list [1, 2] is different from size of log dirs list [any] for partition t-0',
    ],
    [plan(), 'Partition reassignment list cannot be empty'],
    [plan(entry('t', 0, [])), 'Partition replica list cannot be empty'],
    [
      plan(entry('t', 0, [1]), entry('u', 0, [1]), entry('t', 0, [2]), entry('u', 0, [1])),
      'Partition reassignment contains duplicate topic partitions: t-0,u-0',
    ],
    [
      plan(entry('t', 0, [3, 3, 1, 1]), entry('t', 1, [2, 2])),
      'Partition replica lists may not contain duplicate entries: t-0 contains multiple entries for 1,3. ' +
        't-1 contains multiple entries for 2',
    ],
  ])('%s is not carried out', (json, message) => {
    expect(() => parseExecutablePlan(json)).toThrow(message);
  });

  it('says what is wrong with its JSON', () => {
    let thrown: ToolError | undefined;
    try {
      parsePlan('{"partitions":[}');
    } catch (error) {
      thrown = error as ToolError;
    }
    expect(thrown?.className).toBe('org.apache.kafka.server.common.AdminOperationException');
    expect(thrown?.message).toMatch(/^Unexpected close marker '}'/);
  });

  it('is written sorted', () => {
    const assignments = [
      { topic: 't', partition: 10, replicas: [1] },
      { topic: 't', partition: 9, replicas: [2, 1] },
      { topic: 'a', partition: 0, replicas: [3] },
    ];
    expect(planJson(assignments)).toBe(
      '{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[3],"log_dirs":["any"]},' +
        '{"topic":"t","partition":9,"replicas":[2,1],"log_dirs":["any","any"]},' +
        '{"topic":"t","partition":10,"replicas":[1],"log_dirs":["any"]}]}',
    );
  });

  it('of topics names each once', () => {
    expect(parseTopicsToMove('{"topics":[{"topic":"a"},{"topic":"b"}]}')).toEqual(['a', 'b']);
    expect(() => parseTopicsToMove('{"topics":[{"topic":"b"},{"topic":"b"}]}')).toThrow(
      'List of topics to reassign contains duplicate entries: [b]',
    );
    expect(() => parseTopicsToMove('nonsense')).toThrow('The input string is not a valid JSON');
  });
});

describe('throttles', () => {
  const current = [
    { topic: 't', partition: 0, replicas: [0, 1] },
    { topic: 't', partition: 10, replicas: [1] },
  ];
  const going = { topic: 't', partition: 2, replicas: [5, 3, 4], addingReplicas: [5], removingReplicas: [3] };

  it('hold the replicas that are read from and those that are made', () => {
    const proposed = [
      { topic: 't', partition: 0, replicas: [1, 2] },
      { topic: 't', partition: 10, replicas: [3] },
    ];
    const { topics, brokers } = throttleChanges(movesOf([going], proposed, current), 7);
    expect(topics.map(({ values }) => values)).toEqual([
      {
        'leader.replication.throttled.replicas': '0:0,0:1,10:1,2:3,2:4',
        'follower.replication.throttled.replicas': '0:2,10:3,2:5',
      },
    ]);
    expect(brokers.map(({ resourceName }) => resourceName)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(brokers[0]!.values).toEqual({
      'leader.replication.throttled.rate': '7',
      'follower.replication.throttled.rate': '7',
    });
  });

  it('of a partition that is being moved keep its sources', () => {
    const proposed = [{ topic: 't', partition: 2, replicas: [3, 6] }];
    expect(movesOf([going], proposed, [{ topic: 't', partition: 2, replicas: [5, 3, 4] }])).toEqual([
      { topic: 't', partition: 2, sources: [3, 4], destinations: [6] },
    ]);
  });
});

// What org.apache.kafka.admin.AdminUtils of Kafka 3.9.1 assigns.
it.each([
  ['abcabc', 6, 3, 0, '012 123 234 345 450 501'],
  ['abcaba', 13, 3, 2, '245 312 402 512 024 132 213 324 432 542 012 102 251'],
  ['aab', 4, 3, 1, '210 120 021 210'],
  ['aaab', 9, 2, 3, '23 03 31 13 23 03 30 13 23'],
])('spreads replicas over racks %s', (racks, partitions, factor, start, assigned) => {
  const rackOf = new Map([...racks].map((rack, id) => [id, rack]));
  const replicas = assignReplicasAcrossRacks(rackOf, partitions, factor, { firstBroker: start, firstShift: start });
  expect(replicas.map((each) => each.join('')).join(' ')).toBe(assigned);
});
