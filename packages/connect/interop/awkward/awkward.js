// Connectors that fail as they are told to, for comparisons; Awkward.java is the same for Apache's worker.
const fs = require('node:fs');

/** An error under the name of Java's. */
const failure = (name, message, cause) => Object.assign(new Error(message, { cause }), { name });
const illegal = (message, cause) => failure('java.lang.IllegalStateException', message, cause);
const deep = () => failure('java.io.IOException', 'deep');
const retriable = (message) =>
  Object.assign(failure('org.apache.kafka.connect.errors.RetriableException', message), { retriable: true });

/** Sends the texts of `records` once. */
class AwkwardTask {
  next = 0;
  failures = 0;

  start(props, context) {
    this.props = props;
    this.context = context;
    if (props.get('throws') === 'task') throw illegal('task would not start');
  }

  async poll() {
    const how = this.props.get('poll');
    if (how === 'throw') throw illegal('nothing to poll');
    if (how === 'retriable' && this.failures++ < 2) throw retriable('not yet');
    const texts = this.props.get('records').split(',');
    if (this.next === texts.length) {
      await this.context.sleep(100);
      return null;
    }
    const value = texts[this.next++];
    return [
      {
        sourcePartition: new Map([['part', 'p']]),
        sourceOffset: new Map([['at', this.next]]),
        topic: this.props.get('topic'),
        keySchema: this.props.string,
        key: 'k',
        valueSchema: this.props.string,
        value,
        timestamp: 1000 + this.next,
        headers: [{ key: 'h', schema: this.props.string, value: 'v' }],
      },
    ];
  }

  stop() {}
}

class Awkward {
  taskClass = 'example.Awkward$AwkwardTask';

  constructor(string) {
    this.string = string;
  }

  start(props) {
    this.props = props;
    if (props.get('throws') === 'start') throw illegal('would not start');
  }

  taskConfigs(most) {
    const { props } = this;
    switch (props.get('configs')) {
      case 'null':
        return null;
      case 'none':
        return [];
      case 'throw':
        throw illegal('no task configs');
      case 'nulls':
        return [null];
      case 'number':
        return [new Map([...props, ['n', 5]])];
      case 'nullvalue':
        return [new Map([...props, ['n', null]])];
      case 'many':
        return Array(most + 1).fill(props);
      default:
        return [props];
    }
  }

  createTask() {
    const task = new AwkwardTask();
    const { string } = this;
    const start = task.start.bind(task);
    task.start = (props, context) => start(Object.assign(new Map(props), { string }), context);
    return task;
  }
}

/** Writes texts to a file; some of them it does not like. */
class AwkwardSinkTask {
  failures = 0;

  start(props, context) {
    this.file = props.get('file');
    this.context = context;
  }

  async put(records) {
    for (const record of records) {
      const text = String(record.value);
      if (text.startsWith('put-throw')) throw illegal('put failed', deep());
      if (text.startsWith('put-connect')) {
        throw failure('org.apache.kafka.connect.errors.ConnectException', 'put failed');
      }
      if (text.startsWith('put-retriable') && this.failures++ < 2) {
        this.context.retryAfter(50);
        throw retriable('once more');
      }
      if (text.startsWith('put-report')) await this.context.reportErrant(record, illegal('reported', deep()));
      else if (text.startsWith('put-null')) await this.context.reportErrant(record, illegal());
      else fs.appendFileSync(this.file, `${text}\n`);
    }
  }

  stop() {}
}

class AwkwardSink {
  taskClass = 'example.Awkward$AwkwardSinkTask';

  start(props) {
    this.props = props;
  }

  taskConfigs(most) {
    return Array(most).fill(this.props);
  }

  createTask() {
    return new AwkwardSinkTask();
  }
}

class AwkwardTransform {
  failures = 0;

  configure() {}

  apply(record) {
    const text = String(record.value);
    if (text.startsWith('transform-throw')) throw illegal('transform failed', deep());
    if (text.startsWith('transform-data')) throw failure('org.apache.kafka.connect.errors.DataException');
    if (text.startsWith('transform-never')) throw retriable('never');
    if (text.startsWith('transform-retriable') && this.failures++ < 2) throw retriable('once more');
    if (text.startsWith('transform-null')) return null;
    if (!text.startsWith('transform-topic')) return record;
    return { ...record, topic: 'elsewhere', partition: 7, key: 'other', value: `changed ${text}`, timestamp: 5 };
  }
}

class AwkwardConverter {
  constructor(string) {
    this.string = string;
  }

  configure() {}

  fromConnectData(_topic, _schema, value) {
    if (String(value).startsWith('convert-throw')) throw illegal('convert failed');
    return value === null ? null : Buffer.from(String(value));
  }

  toConnectData(_topic, bytes) {
    if (bytes?.toString().startsWith('convert-back')) throw illegal('convert failed');
    return { schema: this.string, value: bytes === null ? null : String(bytes) };
  }
}

const plugin = (type, name, create) => ({ className: `example.Awkward${name}`, type, version: '1', create });
exports.plugins = [
  plugin('source', '', ({ schemaOf }) => new Awkward(schemaOf('STRING'))),
  plugin('sink', '$AwkwardSink', () => new AwkwardSink()),
  plugin('transformation', '$AwkwardTransform', () => new AwkwardTransform()),
  plugin(
    'converter',
    '$AwkwardConverter',
    ({ schemaOf }) => new AwkwardConverter(schemaOf('STRING', { optional: true })),
  ),
];
