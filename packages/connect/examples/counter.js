// A source and a sink of one's own: `plugin.path=…/packages/connect/examples/counter.js` in the worker's properties, then a connector with
// connector.class=example.Counter, topic=numbers, interval.ms=1000 (or connector.class=example.Sum, topics=numbers).

/** Counts up, from where it left off. */
class CounterTask {
  start(props, context) {
    this.context = context;
    this.topic = props.get('topic');
    this.intervalMs = Number(props.get('interval.ms') ?? 1000);
    this.partition = new Map([['counter', props.get('name')]]);
    this.next = Number(context.offset(this.partition)?.get('next') ?? 0);
  }

  async poll() {
    await this.context.sleep(this.intervalMs);
    const value = new Map([
      ['n', this.next],
      ['square', this.next ** 2],
    ]);
    this.next++;
    return [
      {
        sourcePartition: this.partition,
        sourceOffset: new Map([['next', this.next]]),
        topic: this.topic,
        partition: null,
        keySchema: null,
        key: null,
        valueSchema: null,
        value,
        timestamp: null,
        headers: [],
      },
    ];
  }

  stop() {}
}

class Counter {
  taskClass = 'example.CounterTask';

  start(props) {
    this.props = props;
  }

  taskConfigs() {
    return [this.props];
  }

  createTask() {
    return new CounterTask();
  }

  alterOffsets() {}
}

/** Adds up what comes and says so at every commit. */
class SumTask {
  sum = 0;

  start(_props, context) {
    this.log = context.log;
  }

  put(records) {
    for (const { value } of records) this.sum += Number(value.get('n'));
  }

  flush() {
    this.log.info(`The sum is ${this.sum}`);
  }

  stop() {}
}

class Sum extends Counter {
  taskClass = 'example.SumTask';

  createTask() {
    return new SumTask();
  }
}

const topic = { name: 'topic', type: 'STRING', importance: 'HIGH', documentation: 'The topic that numbers go to.' };
const interval = {
  name: 'interval.ms',
  type: 'INT',
  fallback: '1000',
  importance: 'LOW',
  documentation: 'How long to wait between two numbers.',
};

exports.plugins = [
  {
    className: 'example.Counter',
    type: 'source',
    version: '1',
    config: [topic, interval],
    create: () => new Counter(),
  },
  { className: 'example.Sum', type: 'sink', version: '1', create: () => new Sum() },
];
