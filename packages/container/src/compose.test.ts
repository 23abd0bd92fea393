// docker-compose.yml and the Dockerfile, as far as they can be judged without an engine: they fit the entry point and each other.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBrokerConfig } from '@odradek/broker/config/load';
import { nodeConfigSources } from '@odradek/broker/env/node/config-sources';
import { propertiesText, settingsOf } from './settings';

const HOME = join(__dirname, '..', '..', '..');
const compose = readFileSync(join(HOME, 'docker-compose.yml'), 'utf8');
const dockerfile = readFileSync(join(HOME, 'Dockerfile'), 'utf8');

/** The lines below one that reads so, as far as they are further in. */
function block(text: string, title: RegExp): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => title.test(line));
  const depth = (line: string): number => line.length - line.trimStart().length;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && depth(line) <= depth(lines[at]!));
  return (end < 0 ? rest : rest.slice(0, end)).join('\n');
}

const variablesIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^ *([A-Z][A-Z_0-9]*): (.+)$/gm)].map(([, name, value]) => [name!, value!]));

const services = block(compose, /^services:/);
const shared = variablesIn(block(compose, /^x-settings:/));
const brokers = [...services.matchAll(/^ {2}(kafka-\d+):/gm)].map(([, name]) => {
  const text = block(services, new RegExp(`^ {2}${name}:`));
  const [, published, inside] = /'(\d+):(\d+)'/.exec(text)!;
  const [, volume, folder] = /- ([\w-]+):(\/\S+)$/m.exec(text)!;
  return { name: name!, variables: { ...shared, ...variablesIn(text) }, published, inside, volume: volume!, folder };
});

test('three brokers, each with an id, a port and a volume of its own', () => {
  expect(brokers.map(({ variables }) => variables['KAFKA_BROKER_ID'])).toEqual(['1', '2', '3']);
  expect(new Set(brokers.map(({ published }) => published)).size).toBe(3);
  expect(new Set(brokers.map(({ volume }) => volume)).size).toBe(3);
  for (const { volume } of brokers) expect(block(compose, /^volumes:/)).toContain(`  ${volume}:`);
});

test.each(brokers)('$name: its variables make a broker that is reached where its ports are', (broker) => {
  const { name, variables, published, inside, folder } = broker;
  const settings = settingsOf(variables, () => '');
  const { config, warnings } = loadBrokerConfig({
    text: propertiesText(settings),
    fileName: name,
    overrides: [],
    sources: nodeConfigSources,
  });
  expect(warnings).toEqual([]);
  const [within, without] = config.listeners;
  expect(without!.port).toBe(Number(inside));
  expect(config.advertisedListeners.map(({ host, port }) => `${host}:${port}`)).toEqual([
    `${name}:${within!.port}`,
    `localhost:${published}`,
  ]);
  expect(settings.get('log.dirs')).toMatch(new RegExp(`^${folder}/`));
  expect(settings.get('zookeeper.connect')).toMatch(/^zookeeper:/);
});

test('the image ends, keeps and checks what the entry point does', () => {
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
  for (const { folder } of brokers) expect(dockerfile).toMatch(new RegExp(`^VOLUME ${folder}$`, 'm'));
  const programs = [...dockerfile.matchAll(/"\/opt\/odradek\/packages\/container\/dist\/(\w+)\.js"/g)];
  expect(programs.map(([, name]) => name)).toEqual(['healthcheck', 'main']);
  for (const [, name] of programs) expect(existsSync(join(__dirname, `${name}.ts`))).toBe(true);
  // In the array form it gets the signal itself; a shell would not hand it on.
  expect(dockerfile).toMatch(/^CMD \["node",/m);
});

test('the health check is asked for in words that podman 4 and Docker before 25 know', () => {
  const [, flags] = /^HEALTHCHECK (.*) \\$/m.exec(dockerfile)!;
  const names = [...flags!.matchAll(/--([a-z-]+)=/g)].map(([, name]) => name);
  expect(names).toEqual(['interval', 'timeout', 'start-period', 'retries']);
});

test('nothing is interpolated in what services share: podman-compose leaves empty defaults as they are', () => {
  expect(compose).not.toMatch(/\$\{[^}]*:?-\}/);
});
