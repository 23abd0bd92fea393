// What both workers are asked to do, but for what Apache's answers with an exception of its own making (stop, or restart, what is not there).
// TOPIC- stands for a prefix of their own, FOLDER for their folder.
const source = (more = {}) => ({
  'connector.class': 'FileStreamSource',
  'tasks.max': '1',
  file: 'FOLDER/in.txt',
  topic: 'TOPIC-lines',
  ...more,
});
const sink = (more = {}) => ({
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  'tasks.max': 2,
  file: 'FOLDER/out.txt',
  topics: 'TOPIC-lines',
  ...more,
});

async function mistakes({ call }) {
  for (const at of [
    '/',
    '/health',
    '/nope',
    '/connectors',
    '/connectors/nope',
    '/connectors/nope/config',
    '/connectors/nope/status',
    '/connectors/nope/tasks',
    '/connectors/nope/tasks-config',
    '/connectors/nope/tasks/0/status',
    '/connectors/nope/tasks/x/status',
    '/connectors/nope/topics',
    '/connectors/nope/offsets',
    '/connector-plugins/nope/config',
    '/admin/loggers',
    '/admin/loggers/root',
    '/admin/loggers/nope',
  ]) {
    await call('GET', at);
  }
  for (const [method, at, body] of [
    ['DELETE', '/connectors/nope'],
    ['DELETE', '/connectors'],
    ['PUT', '/connectors/nope/pause'],
    ['PUT', '/connectors/nope/resume'],
    ['POST', '/connectors/nope/restart?includeTasks=true'],
    ['PUT', '/connectors/nope/topics/reset'],
    ['PATCH', '/connectors/nope/config', { a: 'b' }],
    ['PATCH', '/connectors/nope/offsets', { offsets: [{ partition: { filename: 'x' }, offset: null }] }],
    ['PATCH', '/connectors/nope/offsets', {}],
    ['DELETE', '/connectors/nope/offsets'],
    ['POST', '/connectors', { name: 'x', config: {} }],
    ['POST', '/connectors', { name: 'x', config: { 'connector.class': 'Nope' } }],
    ['POST', '/connectors', { name: 'x', config: source({ name: 'y' }) }],
    ['POST', '/connectors', { name: 'x', config: sink({ topics: '' }) }],
    ['POST', '/connectors', { name: 'x', config: sink({ 'topics.regex': 'a.*' }) }],
    ['POST', '/connectors', { name: 'x', config: source({ topic: '', 'tasks.max': 'many' }) }],
    ['PUT', '/connectors/x/config', source({ name: 'y' })],
    ['PUT', '/connector-plugins/FileStreamSource/config/validate', sink()],
    [
      'PUT',
      '/connector-plugins/FileStreamSink/config/validate',
      sink({ 'errors.deadletterqueue.topic.name': 'TOPIC-lines' }),
    ],
    ['PUT', '/admin/loggers/root', {}],
    ['PUT', '/admin/loggers/root', { level: 'LOUD' }],
  ]) {
    await call(method, at, body);
  }
}

async function plugins({ call }) {
  for (const name of [
    'FileStreamSink',
    'FileStreamSource',
    'org.apache.kafka.connect.file.FileStreamSinkConnector',
    'Json',
    'String',
    'Long',
    'Simple',
    'ByteArrayConverter',
    ...['Cast', 'ExtractField', 'Flatten', 'HeaderFrom', 'HoistField', 'InsertField', 'MaskField', 'ReplaceField'].map(
      (each) => `org.apache.kafka.connect.transforms.${each}$Value`,
    ),
    'org.apache.kafka.connect.transforms.SetSchemaMetadata$Key',
    'org.apache.kafka.connect.transforms.TimestampConverter$Key',
    'DropHeaders',
    'Filter',
    'InsertHeader',
    'RegexRouter',
    'TimestampRouter',
    'ValueToKey',
    'HasHeaderKey',
    'RecordIsTombstone',
    'TopicNameMatches',
  ]) {
    await call('GET', `/connector-plugins/${encodeURIComponent(name)}/config`);
  }
}

async function validation({ call }) {
  const at = (plugin) => `/connector-plugins/${plugin}/config/validate`;
  const named = (config) => ({ name: 'v', ...config });
  const transforms = {
    transforms: 'a,b,c',
    'transforms.a.type': 'org.apache.kafka.connect.transforms.Cast$Value',
    'transforms.a.spec': 'x:int3',
    'transforms.b.type': 'Nope',
    'transforms.c.type': 'org.apache.kafka.connect.transforms.TimestampConverter$Key',
    'transforms.c.target.type': 'never',
    'transforms.c.predicate': 'q',
    predicates: 'p',
    'predicates.p.type': 'TopicNameMatches',
    'predicates.p.pattern': '[',
  };
  for (const [plugin, config] of [
    ['FileStreamSource', named(source())],
    ['FileStreamSink', named(sink())],
    ['FileStreamSource', source({ 'tasks.max': '0', 'batch.size': 'x', 'errors.tolerance': 'some' })],
    ['FileStreamSource', named(source(transforms))],
    ['FileStreamSource', named(source({ transforms: 'a,a' }))],
    ['FileStreamSource', named(source({ transforms: 'a' }))],
    ['FileStreamSource', named(source({ 'key.converter': 'Nope', 'header.converter': 'Simple' }))],
    ['FileStreamSink', named(sink({ 'value.converter': 'Json', 'value.converter.decimal.format': 'x' }))],
    ['FileStreamSource', named(source({ 'topic.creation.default.partitions': '0', 'topic.creation.groups': 'g' }))],
    ['FileStreamSource', named(source({ 'config.action.reload': 'now', 'exactly.once.support': 'maybe' }))],
    ['FileStreamSink', named(sink({ 'topics.regex': '(' }))],
  ]) {
    await call('PUT', at(plugin), config);
  }
}

async function copying({ call, until, write, file }) {
  write('in.txt', 'one\ntwo\r\nthree\rfour\n{"a":1}\n\nnot ended');
  await call('POST', '/connectors', { name: 'source', config: source() });
  await call('POST', '/connectors', { name: 'source', config: source() });
  await call('PUT', '/connectors/sink/config', sink());
  await until('/connectors/sink/status', '"id":1,"state":"RUNNING"');
  await file('out.txt', 6);
  write('in.txt', ' before\nlast\n');
  await file('out.txt', 8);
  for (const at of [
    '/connectors?expand=status&expand=info',
    '/connectors?expand=info',
    '/connectors?expand=nope',
    '/connectors/source',
    '/connectors/source/config',
    '/connectors/source/status',
    '/connectors/source/tasks',
    '/connectors/sink/tasks',
    '/connectors/sink/tasks-config',
    '/connectors/sink/tasks/1/status',
    '/connectors/source/tasks/1/status',
    '/connectors/source/topics',
    '/connectors/sink/topics',
  ]) {
    await call('GET', at);
  }
}

async function lifecycle({ call, until, write, file }) {
  await call('PUT', '/connectors/sink/pause');
  await until('/connectors/sink/status', '"id":1,"state":"PAUSED"');
  await call('GET', '/connectors/sink/status');
  const running = async () => {
    for (const id of [0, 1]) await until(`/connectors/sink/tasks/${id}/status`, 'RUNNING');
    await until('/connectors/source/tasks/0/status', 'RUNNING');
  };
  await call('PUT', '/connectors/sink/resume');
  await running();
  await call('POST', '/connectors/sink/restart');
  await call('POST', '/connectors/source/restart?includeTasks=true');
  await running();
  await call('POST', '/connectors/source/restart?includeTasks=true&onlyFailed=true');
  await call('POST', '/connectors/sink/tasks/1/restart');
  await running();
  await call('PATCH', '/connectors/sink/config', { 'tasks.max': '1', colour: 'red' });
  await call('PATCH', '/connectors/sink/config', { colour: null });
  await until('/connectors/sink/status', '"tasks":[{"id":0,"state":"RUNNING"');
  await call('GET', '/connectors/sink/status');
  await call('PUT', '/connectors/sink/topics/reset');
  await call('GET', '/connectors/sink/topics');
  await call('DELETE', '/connectors/source/offsets');
  await call('PUT', '/connectors/source/stop');
  await call('PUT', '/connectors/sink/stop');
  await call('GET', '/connectors/source/status');
  await call('GET', '/connectors/source/tasks');
  await call('GET', '/connectors/source/offsets');
  await call('GET', '/connectors/sink/offsets');
  for (const body of [
    {},
    { offsets: [] },
    { offsets: [{ partition: { filename: 'FOLDER/in.txt' }, offset: { position: 'x' } }] },
    { offsets: [{ partition: { filename: 'FOLDER/in.txt' }, offset: { position: -1 } }] },
    { offsets: [{ partition: { filename: 'FOLDER/in.txt' }, offset: { nope: 1 } }] },
    { offsets: [{ partition: { nope: 1 }, offset: { position: 1 } }] },
    { offsets: [{ partition: null, offset: { position: 1 } }] },
    { offsets: [{ partition: { filename: 'FOLDER/in.txt' }, offset: { position: 4 } }] },
  ]) {
    await call('PATCH', '/connectors/source/offsets', body);
  }
  await call('GET', '/connectors/source/offsets');
  const at = (kafka_offset, more = {}) => ({
    offsets: [{ partition: { kafka_topic: 'TOPIC-lines', kafka_partition: 0, ...more }, offset: kafka_offset }],
  });
  for (const body of [
    at({ kafka_offset: 'x' }),
    at({ nope: 1 }),
    at({ kafka_offset: 1 }, { kafka_partition: 'x' }),
    { offsets: [{ partition: { kafka_topic: 'x' }, offset: null }] },
    at({ kafka_offset: 5 }),
  ]) {
    await call('PATCH', '/connectors/sink/offsets', body);
  }
  await call('GET', '/connectors/sink/offsets');
  await call('PATCH', '/connectors/sink/offsets', at(null));
  await call('GET', '/connectors/sink/offsets');
  await call('DELETE', '/connectors/sink/offsets');
  await call('DELETE', '/connectors/source/offsets');
  await call('GET', '/connectors/source/offsets');
  await call('DELETE', '/connectors/source');
  await call('DELETE', '/connectors/sink');
  await call('GET', '/connectors');
  await call('POST', '/connectors', { name: 'still', config: source(), initial_state: 'STOPPED' });
  await call('GET', '/connectors/still/status');
  await call('DELETE', '/connectors/still');
  write('other.txt', 'x\n');
  await call('POST', '/connectors', {
    name: 'paused',
    config: source({ file: 'FOLDER/other.txt' }),
    initial_state: 'PAUSED',
  });
  await until('/connectors/paused/status', 'PAUSED');
  await call('GET', '/connectors/paused/status');
  await call('DELETE', '/connectors/paused');
  await file('other.txt', 1);
}

/** A line through transformations and converters, seen by a sink that reads it as JSON without schemas. */
async function transforming({ call, until, write, file }) {
  write(
    't.txt',
    '{"a":1,"b":"x","c":[1,2.0,null],"zeta":true,"d":{"e":5.50}}\n{"b":2}\nnot json\n{"a":12345678901234567890}\n',
  );
  const raw = 'org.apache.kafka.connect.storage.StringConverter';
  await call(
    'PUT',
    '/connectors/raw/config',
    source({ file: 'FOLDER/t.txt', topic: 'TOPIC-raw', 'value.converter': raw }),
  );
  const json = {
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'key.converter': raw,
    'tasks.max': 1,
    topics: 'TOPIC-raw',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': 'TOPIC-dead',
    'errors.deadletterqueue.topic.replication.factor': 1,
    'errors.deadletterqueue.context.headers.enable': true,
  };
  await call('PUT', '/connectors/json/config', sink({ ...json, file: 'FOLDER/json.txt' }));
  await file('json.txt', 3);
  const dead = {
    'key.converter': raw,
    'value.converter': raw,
    'header.converter': raw,
    topics: 'TOPIC-dead',
    'tasks.max': 1,
  };
  await call('PUT', '/connectors/dead/config', sink({ ...dead, file: 'FOLDER/dead.txt' }));
  await file('dead.txt', 1);
  const why = {
    transforms: 'hoist,head',
    'transforms.hoist.type': 'org.apache.kafka.connect.transforms.HoistField$Value',
    'transforms.hoist.field': 'line',
    'transforms.head.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
    'transforms.head.offset.field': 'at',
    'transforms.head.topic.field': 'from!',
  };
  await call('PUT', '/connectors/why/config', sink({ ...dead, ...why, file: 'FOLDER/why.txt' }));
  await file('why.txt', 1);
  await call(
    'PUT',
    '/connectors/fails/config',
    sink({ ...json, 'errors.tolerance': 'none', file: 'FOLDER/fails.txt' }),
  );
  await until('/connectors/fails/status', '"state":"FAILED"');
  await call('GET', '/connectors/fails/status');
  await call(
    'PUT',
    '/connectors/wrong/config',
    sink({ topics: 'TOPIC-raw', file: '/nope/nope', 'tasks.max': 1, ...dead }),
  );
  await until('/connectors/wrong/status', '"state":"FAILED"');
  await call('GET', '/connectors/wrong/status');
}

async function loggers({ call }) {
  await call('PUT', '/admin/loggers/org.apache.kafka.connect.nothing', { level: 'debug' });
  await call('GET', '/admin/loggers/org.apache.kafka.connect.nothing');
  await call('PUT', '/admin/loggers/org.apache.kafka.connect.nothing?scope=cluster', { level: 'info' });
}

export async function scenario(world) {
  await mistakes(world);
  await plugins(world);
  await validation(world);
  await copying(world);
  await lifecycle(world);
  await transforming(world);
  await loggers(world);
}
