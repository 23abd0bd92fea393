// What workers make of references to config providers, in connectors' settings and in their own (KIP-297).

/** What both workers' files say of providers. */
export const providerSettings = (folder) => `config.providers=file,dir,env,limited,limiteddir
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.env.param.allowlist.pattern=CONNECT_.*
config.providers.limited.class=org.apache.kafka.common.config.provider.FileConfigProvider
config.providers.limited.param.allowed.paths=${folder}/secrets
config.providers.limiteddir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
config.providers.limiteddir.param.allowed.paths=${folder}/secrets
offset.flush.interval.ms=\${file:${folder}/secrets/a.properties:flush}
`;

/** Files that providers read, and the variables of the environment. */
export const SECRETS = {
  'secrets/a.properties':
    'flush=500\nname=secret-topic\nbad=not a number\nspaced =  x y \nempty=\nunicode=\\u00e9\nnested=%{file:x:y}\n',
  'secrets/one': 'first\n',
  'secrets/number': '3',
  'outside.properties': 'name=outside\n',
};
export const ENVIRONMENT = { CONNECT_TOPIC: 'from-environment', CONNECT_EMPTY: '', HIDDEN_TOPIC: 'hidden' };

const REFERENCES = [
  '%{file:FOLDER/secrets/a.properties:name}',
  'before-%{file:FOLDER/secrets/a.properties:name}-and-%{env:CONNECT_TOPIC}-after',
  '%{file:FOLDER/secrets/a.properties:nope}',
  '%{file:FOLDER/secrets/nope.properties:name}',
  '%{file:name}',
  '%{file::name}',
  '%{file:FOLDER/secrets:name}',
  '%{file:FOLDER/secrets/a.properties:spaced}',
  '%{file:FOLDER/secrets/a.properties:empty}',
  '%{file:FOLDER/secrets/a.properties:unicode}',
  '%{file:FOLDER/secrets/a.properties:nested}',
  '%{file:FOLDER/secrets/a.properties:}',
  '%{dir:FOLDER/secrets:one}',
  '%{dir:FOLDER/secrets:number}',
  '%{dir:FOLDER/secrets:nope}',
  '%{dir:FOLDER:secrets}',
  '%{dir:FOLDER/nope:one}',
  '%{dir:one}',
  '%{env:CONNECT_TOPIC}',
  '%{env:CONNECT_EMPTY}',
  '%{env:CONNECT_NOPE}',
  '%{env:HIDDEN_TOPIC}',
  '%{env:some/path:CONNECT_TOPIC}',
  '%{env::CONNECT_TOPIC}',
  '%{limited:FOLDER/secrets/a.properties:name}',
  '%{limited:FOLDER/secrets/../outside.properties:name}',
  '%{limited:FOLDER/outside.properties:name}',
  '%{limited:relative.properties:name}',
  '%{limiteddir:FOLDER/secrets:one}',
  '%{limiteddir:FOLDER:outside.properties}',
  '%{unknown:a:b}',
  '%{unknown:a}',
  '%{file}',
  '$%{env:CONNECT_TOPIC}',
  '%{env:CONNECT_TOPIC',
  '%{file:a:b:c}',
  '%{}',
];

export async function providers({ call: send, until, write, file }) {
  // References are written with % here, as templates are not meant.
  const call = (method, at, body) =>
    send(method, at, body === undefined ? body : JSON.parse(JSON.stringify(body).replaceAll('%{', '$'.concat('{'))));
  const source = (more) => ({
    'connector.class': 'FileStreamSource',
    file: 'FOLDER/p.txt',
    topic: 'TOPIC-plain',
    ...more,
  });
  for (const reference of REFERENCES) {
    await call('PUT', '/connector-plugins/FileStreamSource/config/validate', source({ name: 'v', topic: reference }));
  }
  await call('PUT', '/connector-plugins/FileStreamSource/config/validate', {
    ...source({ name: 'v' }),
    'tasks.max': '%{dir:FOLDER/secrets:number}',
    'batch.size': '%{file:FOLDER/secrets/a.properties:bad}',
    'producer.override.linger.ms': '%{dir:FOLDER/secrets:number}',
  });
  await call('PUT', '/connector-plugins/FileStreamSource/config/validate', {
    ...source({ name: 'v' }),
    'producer.override.sasl.jaas.config': '%{dir:FOLDER/secrets:number}',
    'producer.override.ssl.key.password': 'secret',
  });
  await call('PUT', '/connector-plugins/nope/config/validate', { 'connector.class': 'nope' });
  await call('PUT', '/connector-plugins/nope/config/validate', { name: 'x' });
  await call('GET', '/connector-plugins/org.apache.kafka.common.config.provider.FileConfigProvider/config');
  await call('GET', '/connector-plugins?connectorsOnly=false');
  await call('POST', '/connectors', { name: 'p', config: source({ topic: '%{env:nope/:CONNECT_TOPIC}' }) });
  await call('POST', '/connectors', {
    name: 'p',
    config: source({ 'batch.size': '%{file:FOLDER/secrets/a.properties:bad}' }),
  });
  await call('POST', '/connectors', { name: 'p', config: source({ 'connector.class': '%{dir:FOLDER/secrets:one}' }) });
  write('p.txt', 'a\nb\n');
  const config = source({
    topic: 'TOPIC-%{file:FOLDER/secrets/a.properties:name}',
    'batch.size': '%{dir:FOLDER/secrets:number}',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    transforms: 'i',
    'transforms.i.type': 'org.apache.kafka.connect.transforms.InsertHeader',
    'transforms.i.header': 'h',
    'transforms.i.value.literal': '%{env:CONNECT_TOPIC}',
    password: '%{file:FOLDER/secrets/a.properties:name}',
  });
  await call('POST', '/connectors', { name: 'p', config });
  await until('/connectors/p/tasks/0/status', 'RUNNING');
  const sink = {
    'connector.class': 'FileStreamSink',
    file: 'FOLDER/%{file:FOLDER/secrets/a.properties:name}.txt',
    topics: 'TOPIC-%{file:FOLDER/secrets/a.properties:name}',
    password: '%{env:CONNECT_TOPIC}',
  };
  await call('PUT', '/connectors/psink/config', sink);
  await file('secret-topic.txt', 2);
  for (const name of ['p', 'psink']) {
    for (const at of ['', '/config', '/tasks', '/tasks-config', '/status', '/topics'])
      await call('GET', `/connectors/${name}${at}`);
  }
  await call('GET', '/connectors?expand=info');
  await call('PATCH', '/connectors/p/config', { password: '%{env:CONNECT_EMPTY}' });
  await call('PUT', '/connectors/p/stop');
  await call('GET', '/connectors/p/offsets');
  await call('PUT', '/connectors/psink/stop');
  await call('DELETE', '/connectors/psink/offsets');
  await call('DELETE', '/connectors/p');
  await call('DELETE', '/connectors/psink');
}
