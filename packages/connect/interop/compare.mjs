// Runs Apache's connect-standalone and ours through the same requests, files and configurations and shows where they differ.
// node packages/connect/interop/compare.mjs KAFKA_HOME BOOTSTRAP_SERVERS [FIRST_PORT [PART]]
// KAFKA_HOME holds Apache Kafka 3.9's libs/; the brokers may be Apache's or ours; two free ports from FIRST_PORT are used.
// PART: scenario, rest, providers or awkward; all of them where it is left out.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { awkward } from './awkward.mjs';
import { ENVIRONMENT, providerSettings, providers, SECRETS } from './providers.mjs';
import { rest } from './rest.mjs';
import { scenario } from './scenario.mjs';

const [kafkaHome, bootstrap, firstPort = '28083', part] = process.argv.slice(2);
if (!kafkaHome || !bootstrap) {
  console.error('Usage: compare.mjs KAFKA_HOME BOOTSTRAP_SERVERS [FIRST_PORT [PART]]');
  process.exit(2);
}
const packageHome = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const ours = process.env.ODRADEK_CONNECT ?? path.join(packageHome, 'dist', 'connect-standalone.js');
const run = process.pid.toString(36);
const PARTS = { scenario, rest, providers, awkward };
/** What one worker is put through; the connectors that fail are plug-ins of their own worker's alone. */
const WORKERS = [['scenario', 'rest', 'providers'], ['awkward']];

/** The connectors of Awkward.java, compiled. */
const classes = fs.mkdtempSync(path.join(os.tmpdir(), 'connect-awkward-'));
const libraries = path.join(kafkaHome, 'libs', '*');
const here = path.join(packageHome, 'interop', 'awkward');
execFileSync('javac', ['-nowarn', '-cp', libraries, '-d', classes, path.join(here, 'Awkward.java')]);

const sides = {
  apache: (hasAwkward) => ({
    command: 'java',
    args: [
      '-Xmx384m',
      '-Dlog4j.configuration=file:log4j.properties',
      '-cp',
      hasAwkward ? `${classes}${path.delimiter}${libraries}` : libraries,
      'org.apache.kafka.connect.cli.ConnectStandalone',
    ],
    settings: '',
  }),
  odradek: (hasAwkward) => ({
    command: process.execPath,
    args: [ours],
    settings: hasAwkward ? `plugin.path=${path.join(here, 'awkward.js')}` : '',
  }),
};

/** So often something is looked for, every 200 ms. */
const PATIENCE_TRIES = 1500;

/** Headers that are compared elsewhere, or say when, how long and by whom. */
const UNCOMPARED = ['content-type', 'content-length', 'date', 'server', 'transfer-encoding'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What may differ: ports, folders, names of topics that both made, times, Java's frames, and the words of descriptions. */
function masked(text, { port, folder, prefix }) {
  return (
    text
      .replaceAll(folder, 'FOLDER')
      .replaceAll(prefix, '')
      .replaceAll(String(port), 'PORT')
      .replace(/PluginDesc\{klass=class org\.apache\.kafka\.connect\.mirror[^}]*\}(, )?/g, '')
      .replace(/, (?="\})/g, '')
      .replace(/\\n\\t(at|\.\.\.) [^"]*?(?=\\nCaused by|\\n"|")/g, '')
      .replace(/\\r?\\n(?=")/g, '')
      .replace(/"documentation":"(?:[^"\\]|\\.)*"/g, '"documentation":"…"')
      .replace(/\{"class":"org\.apache\.kafka\.connect\.mirror\.[^}]*\},/g, '')
      // What a client's setting is like the client knows, not the worker.
      .replace(
        /("name":"\w+\.override\.[^"]*"),"type":"[A-Z]+","required":\w+,"default_value":[^,]*,"importance":"[A-Z]+"/g,
        '$1',
      )
      // Jackson counts columns of bytes otherwise than of characters.
      .replace(/column: \d+/g, 'column: N')
      .replace(/"last_modified":\d+/g, '"last_modified":TIME')
  );
}

async function play(name, index, parts) {
  const { command, args, settings } = sides[name](parts.includes('awkward'));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `connect-${name}-`));
  const side = { port: Number(firstPort) + index, folder, prefix: `${name}${run}-` };
  const worker = path.join(folder, 'worker.properties');
  fs.writeFileSync(
    worker,
    `bootstrap.servers=${bootstrap}
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
offset.storage.file.filename=${folder}/connect.offsets
${providerSettings(folder)}listeners=http://localhost:${side.port}
${settings}
`,
  );
  fs.writeFileSync(
    path.join(folder, 'log4j.properties'),
    `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %X{connector.context}%m (%c)%n
`,
  );
  fs.mkdirSync(path.join(folder, 'secrets'));
  for (const [file, text] of Object.entries(SECRETS)) fs.writeFileSync(path.join(folder, file), text);
  const log = fs.openSync(path.join(folder, 'log'), 'w');
  const env = { ...process.env, ...ENVIRONMENT };
  const child = spawn(command, [...args, worker], { cwd: folder, env, stdio: ['ignore', log, log] });
  const transcript = [];
  const base = `http://localhost:${side.port}`;
  const request = async (method, at, body, type = 'application/json') => {
    const headers = body === undefined ? {} : { 'Content-Type': type };
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const sent = text?.replaceAll('TOPIC-', side.prefix).replaceAll('FOLDER', folder);
    const response = await fetch(base + at, { method, headers, body: sent });
    const others = [...response.headers]
      .filter(([name]) => !UNCOMPARED.includes(name))
      .map((header) => header.join(': '));
    return { status: response.status, type: response.headers.get('content-type'), others, text: await response.text() };
  };
  const world = {
    folder,
    prefix: side.prefix,
    bootstrap,
    log: () => fs.readFileSync(path.join(folder, 'log'), 'utf8'),
    /** Sends a request whose answer is compared. */
    async call(method, at, body, type) {
      const { status, type: answered, others, text } = await request(method, at, body, type);
      transcript.push([
        `${method} ${at} ${body === undefined ? '' : JSON.stringify(body)}`,
        masked(`${status} ${answered} ${text}`, side),
      ]);
      transcript.push([`headers of ${method} ${at}`, masked(others.join('\n'), side)]);
      return text;
    },
    /** Sends a request whose answer's status is compared. */
    async statusOf(method, at, body) {
      const { status, type } = await request(method, at, body);
      transcript.push([`status of ${method} ${at} ${body}`, `${status} ${type}`]);
    },
    /** Waits until an answer's text holds what is wanted. */
    async until(at, wanted) {
      for (let tries = 0; tries < PATIENCE_TRIES; tries++) {
        const { text } = await request('GET', at).catch(() => ({ text: '' }));
        const isSo = text.includes(wanted.replaceAll('TOPIC-', side.prefix).replaceAll('FOLDER', folder));
        if (isSo) return transcript.push([`until ${at} ${wanted}`, 'so']);
        await sleep(200);
      }
      return transcript.push([`until ${at} ${wanted}`, 'never']);
    },
    write: (file, text) => fs.appendFileSync(path.join(folder, file), text),
    /** Waits until a file holds so many lines, then compares it. */
    async file(file, lines) {
      const read = () =>
        fs.existsSync(path.join(folder, file)) ? fs.readFileSync(path.join(folder, file), 'utf8') : '';
      for (let tries = 0; tries < PATIENCE_TRIES && read().split('\n').length - 1 < lines; tries++) await sleep(200);
      transcript.push([`file ${file}`, masked(JSON.stringify(read()), side)]);
    },
    note: (what, text) => transcript.push([what, masked(text, side)]),
  };
  try {
    await world.until('/', 'version');
    for (const each of parts) await PARTS[each](world);
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  return { transcript, folder };
}

/** Where two answers of JSON differ; the whole of others. */
function differing(expected, found, at = '') {
  const parse = (text) => {
    try {
      return JSON.parse(text.replace(/^\d+ \S+ /, ''));
    } catch {
      return undefined;
    }
  };
  const walk = (a, b, where) => {
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    const isObject = (value) => typeof value === 'object' && value !== null;
    const sameKeys = isObject(a) && isObject(b) && JSON.stringify(Object.keys(a)) === JSON.stringify(Object.keys(b));
    if (!sameKeys) return [`- ${where} ${JSON.stringify(a)}\n+ ${where} ${JSON.stringify(b)}`];
    return Object.keys(a).flatMap((key) => walk(a[key], b[key], `${where}.${key}`));
  };
  const [a, b] = [parse(expected), parse(found ?? '')];
  if (a === undefined || b === undefined || expected.slice(0, 3) !== found.slice(0, 3))
    return `- ${expected}\n+ ${found}`;
  return walk(a, b, at).join('\n');
}

let [compared, differences] = [0, 0];
for (const all of WORKERS) {
  const parts = all.filter((each) => each === part || !part);
  if (parts.length === 0) continue;
  const [apache, odradek] = [await play('apache', 0, parts), await play('odradek', 1, parts)];
  for (const [index, [what, expected]] of apache.transcript.entries()) {
    const found = odradek.transcript[index]?.[1];
    compared++;
    if (found === expected) continue;
    differences++;
    console.log(`== ${what}\n${differing(expected, found)}\n`);
  }
  console.log(`${parts.join(', ')}: ${apache.folder}, ${odradek.folder}`);
}
console.log(`${compared} answers compared, ${differences} differ`);
process.exit(differences === 0 ? 0 : 1);
