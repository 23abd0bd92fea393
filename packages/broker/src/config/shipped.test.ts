import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBrokerConfig } from './load';

const folder = join(__dirname, '../../../../config');
const sources = { readFile: () => null, list: () => null, exists: () => false, environment: {} };
const load = (fileName: string) =>
  loadBrokerConfig({ text: readFileSync(join(folder, fileName)), fileName, overrides: [], sources });

test.each([
  ['server.properties', 0, 9092, '/tmp/kafka-logs'],
  ['server-1.properties', 1, 9093, '/tmp/kafka-logs-1'],
  ['server-2.properties', 2, 9094, '/tmp/kafka-logs-2'],
])('%s starts broker %d on port %d', (fileName, id, port, logDir) => {
  const { config, warnings } = load(fileName);
  expect(warnings).toEqual([]);
  expect(config.values.brokerId).toBe(id);
  expect(config.listeners.map((listener) => listener.port)).toEqual([port]);
  expect(config.effective.logDirs).toEqual([logDir]);
});

test("server.properties has the settings of Apache's", () => {
  expect(Object.fromEntries(load('server.properties').config.originals)).toEqual({
    'broker.id': '0',
    'node.id': '0',
    'num.network.threads': '3',
    'num.io.threads': '8',
    'socket.send.buffer.bytes': '102400',
    'socket.receive.buffer.bytes': '102400',
    'socket.request.max.bytes': '104857600',
    'log.dirs': '/tmp/kafka-logs',
    'num.partitions': '1',
    'num.recovery.threads.per.data.dir': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'log.retention.hours': '168',
    'log.retention.check.interval.ms': '300000',
    'zookeeper.connect': 'localhost:2181',
    'zookeeper.connection.timeout.ms': '18000',
    'group.initial.rebalance.delay.ms': '0',
  });
});
