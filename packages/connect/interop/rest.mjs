// What workers answer to requests that are unusual, or wrong.

const source = (more = {}) => ({
  'connector.class': 'FileStreamSource',
  file: 'FOLDER/rest.txt',
  topic: 'TOPIC-rest',
  ...more,
});
const sink = (more = {}) => ({
  'connector.class': 'FileStreamSink',
  file: 'FOLDER/rest-out.txt',
  topics: 'TOPIC-rest',
  ...more,
});

/** Bodies, and what says what they are. */
async function bodies({ call }) {
  for (const [method, at, body, type] of [
    ['POST', '/connectors', 'not json'],
    ['POST', '/connectors', '{'],
    ['POST', '/connectors', '{"config":{}}'],
    ['POST', '/connectors', '{"name":null,"config":{"connector.class":"FileStreamSource"}}'],
    ['POST', '/connectors', '{"name":"","config":{"connector.class":"FileStreamSource","topic":"t"}}'],
    ['POST', '/connectors', '{"name":"x","config":{"connector.class":"FileStreamSource"}}', 'text/plain'],
    ['POST', '/connectors', '{"name":"x","config":{"connector.class":"FileStreamSource"}}', 'application/xml'],
    ['PUT', '/connectors/x/config', '{}'],
    ['PUT', '/connectors/x/config', 'nonsense'],
    ['PATCH', '/connectors/x/config', '{}'],
    ['PATCH', '/connectors/x/offsets', '{"offsets":null}'],
    ['PUT', '/admin/loggers/root', '{"level":null}'],
    ['PUT', '/admin/loggers/root', '{"level":7}'],
    ['PUT', '/connector-plugins/FileStreamSource/config/validate', '{}'],
  ]) {
    await call(method, at, body, type);
  }
}

/** What Jackson refuses, in words of its own; what makes Apache's worker meet a null is left out here. */
async function refused({ statusOf }) {
  for (const [method, at, body] of [
    ['POST', '/connectors', '[]'],
    ['POST', '/connectors', '"text"'],
    ['POST', '/connectors', '{"name":"x","config":{"connector.class":"FileStreamSource","topic":{"a":1}}}'],
    ['POST', '/connectors', '{"name":"x","config":{"connector.class":"FileStreamSource","topic":["a"]}}'],
    ['POST', '/connectors', '{"name":"x","config":{},"colour":"red"}'],
    ['POST', '/connectors', '{"name":"x","config":{},"initial_state":"asleep"}'],
    ['PUT', '/connectors/x/config', '[]'],
    ['PATCH', '/connectors/x/config', '[]'],
    ['PATCH', '/connectors/x/offsets', '[]'],
    ['PATCH', '/connectors/x/offsets', '{"offsets":{}}'],
    ['PATCH', '/connectors/x/offsets', '{"offsets":["x"]}'],
    ['PATCH', '/connectors/x/offsets', '{"offsets":[{"partition":{"a":1},"offset":{"b":2},"more":3}]}'],
    ['PATCH', '/connectors/x/offsets', '{"offsets":[{"partition":"x","offset":null}]}'],
    ['PATCH', '/connectors/x/offsets', '{"offsets":[{"partition":{"a":1},"offset":"x"}]}'],
    ['PUT', '/admin/loggers/root', '[]'],
    ['PUT', '/connector-plugins/FileStreamSource/config/validate', '[]'],
  ]) {
    await statusOf(method, at, body);
  }
}

/** Methods and paths. */
async function paths({ call }) {
  for (const [method, at] of [
    ['HEAD', '/'],
    ['HEAD', '/connectors'],
    ['OPTIONS', '/'],
    ['OPTIONS', '/connectors'],
    ['OPTIONS', '/connectors/x/config'],
    ['OPTIONS', '/connectors/x/offsets'],
    ['PUT', '/'],
    ['PUT', '/connectors'],
    ['POST', '/connectors/x'],
    ['GET', '/connectors/x/restart'],
    ['GET', '/connectors/x/pause'],
    ['POST', '/connectors/x/pause'],
    ['DELETE', '/connectors/x/config'],
    ['GET', '/connectors/'],
    ['GET', '/connectors//'],
    ['GET', '/connectors/x/'],
    ['GET', '/connectors/x/nope'],
    ['GET', '/connectors/x/tasks/0'],
    ['GET', '/connectors/x/tasks/-1/status'],
    ['POST', '/connectors/x/tasks/a/restart'],
    ['POST', '/connectors/x/restart?onlyFailed=true'],
    ['GET', '/connectors?expand='],
    ['GET', '/connectors?expand=status'],
    ['GET', '/connectors?expand=info&expand=nope'],
    ['GET', '/connector-plugins/FileStreamSource'],
    ['GET', '/admin'],
    ['GET', '/admin/loggers/'],
    ['DELETE', '/admin/loggers/root'],
    ['GET', '/health/'],
    ['GET', '/metrics'],
  ]) {
    await call(method, at);
  }
}

/** Names that have to be encoded. */
async function names({ call, until }) {
  for (const name of ['with space', 'ümlaut', 'a%b', 'a+b', '..', 'tab\there', ' padded ']) {
    const at = `/connectors/${encodeURIComponent(name)}`;
    await call('POST', '/connectors', { name, config: source({ 'tasks.max': '1' }), initial_state: 'stopped' });
    await call('GET', at);
    await call('PUT', `${at}/config`, source({ 'tasks.max': '1' }));
    await call('GET', `${at}/status`);
    await call('DELETE', at);
  }
  await call('GET', '/connectors');
  await call('POST', '/connectors', { name: 'taken', config: source(), initial_state: 'PAUSED' });
  await until('/connectors/taken/status', 'PAUSED');
  await call('POST', '/connectors', { name: 'taken', config: source() });
  await call('POST', '/connectors', { name: 'taken', config: source({ topic: '' }) });
  await call('PATCH', '/connectors/taken/config', '{}');
  await call('PATCH', '/connectors/taken/config', { topic: null });
  await call('PATCH', '/connectors/taken/config', { name: 'other' });
  await call('PATCH', '/connectors/taken/config', { 'connector.class': null });
  await call('PATCH', '/connectors/taken/config', { 'batch.size': 7, flag: true });
  await call('GET', '/connectors/taken/config');
  await call('GET', '/connectors/taken/status');
  await call('GET', '/connectors/taken/tasks/0/status');
  await call('GET', '/connectors/taken/tasks/1/status');
  await call('PUT', '/connectors/taken/stop');
  await until('/connectors/taken/status', '"tasks":[]');
  await call('PUT', '/connectors/taken/stop');
  await call('POST', '/connectors/taken/restart');
  await call('GET', '/connectors/taken/status');
  await call('POST', '/connectors/taken/restart?includeTasks=true');
  await call('DELETE', '/connectors/taken');
  await call('DELETE', '/connectors/taken');
}

const MANY = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map((filename, position) => ({
  partition: { filename },
  offset: { position },
}));

/** Offsets of both kinds, with what is no offset. */
async function offsets({ call, until, write }) {
  write('rest.txt', 'a\nb\nc\n');
  await call('PUT', '/connectors/from/config', source());
  await call('PUT', '/connectors/to/config', sink());
  await until('/connectors/to/topics', 'rest');
  for (const name of ['from', 'to']) {
    await call('PATCH', `/connectors/${name}/offsets`, { offsets: [{ partition: { a: 1 }, offset: null }] });
    await call('DELETE', `/connectors/${name}/offsets`);
    await call('PUT', `/connectors/${name}/stop`);
    await until(`/connectors/${name}/status`, '"tasks":[]');
  }
  const file = { filename: 'FOLDER/rest.txt' };
  const at = { kafka_topic: 'TOPIC-rest', kafka_partition: 0 };
  for (const [name, list] of [
    ['from', [{}]],
    ['from', [{ partition: file }]],
    ['from', [{ offset: { position: 1 } }]],
    ['from', [{ partition: file, offset: {} }]],
    ['from', [{ partition: file, offset: { position: '2' } }]],
    ['from', [{ partition: file, offset: { position: 2.5 } }]],
    [
      'from',
      [
        { partition: file, offset: { position: 2 } },
        { partition: file, offset: { position: 3 } },
      ],
    ],
    ['from', [{ partition: { filename: null }, offset: { position: 2 } }]],
    ['from', [{ partition: { filename: null }, offset: null }]],
    ['from', [{ partition: { filename: 'other' }, offset: { position: 2 } }]],
    ['from', [{ partition: { filename: 'other' }, offset: null }]],
    ['from', [{ partition: file, offset: null }, ...MANY]],
    ['to', [{}]],
    ['to', [{ partition: at }]],
    ['to', [{ partition: at, offset: {} }]],
    ['to', [{ partition: at, offset: { kafka_offset: null } }]],
    ['to', [{ partition: at, offset: { kafka_offset: '1' } }]],
    ['to', [{ partition: at, offset: { kafka_offset: 1.5 } }]],
    ['to', [{ partition: at, offset: { kafka_offset: -1 } }]],
    ['to', [{ partition: { ...at, kafka_partition: '0' }, offset: { kafka_offset: 2 } }]],
    ['to', [{ partition: { ...at, kafka_partition: 9 }, offset: { kafka_offset: 2 } }]],
    ['to', [{ partition: { ...at, kafka_topic: null }, offset: { kafka_offset: 2 } }]],
    ['to', [{ partition: { ...at, kafka_topic: 'TOPIC-nowhere' }, offset: { kafka_offset: 2 } }]],
    ['to', [{ partition: { ...at, kafka_topic: 'TOPIC-nowhere' }, offset: null }]],
    ['to', [{ partition: { ...at, more: 1 }, offset: { kafka_offset: 2, more: 1 } }]],
    ['to', [{ partition: at, offset: { kafka_offset: 99 } }]],
  ]) {
    await call('PATCH', `/connectors/${name}/offsets`, { offsets: list });
    // Where they lie depends on the folder's name.
    const isByFolder = list.some(({ partition, offset }) => offset && [null, 'other'].includes(partition?.filename));
    if (!isByFolder) await call('GET', `/connectors/${name}/offsets`);
  }
  for (const name of ['from', 'to']) {
    await call('DELETE', `/connectors/${name}/offsets`);
    await call('DELETE', `/connectors/${name}/offsets`);
    await call('GET', `/connectors/${name}/offsets`);
    await call('DELETE', `/connectors/${name}`);
    await call('GET', `/connectors/${name}/offsets`);
  }
}

async function loggers({ call }) {
  const name = 'org.apache.kafka.connect.runtime.rest.nothing';
  for (const query of ['', '?scope=worker', '?scope=nowhere', '?scope=']) {
    await call('PUT', `/admin/loggers/${name}${query}`, { level: 'warn' });
  }
  await call('PUT', `/admin/loggers/${name}`, { level: 'Trace', more: 1 });
  await call('GET', `/admin/loggers/${name}`);
  await call('GET', `/admin/loggers/${name.slice(0, -1)}`);
}

export async function rest(world) {
  await bodies(world);
  await refused(world);
  await paths(world);
  await names(world);
  await offsets(world);
  await loggers(world);
}
