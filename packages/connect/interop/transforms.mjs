// Asks Apache's transformations and converters for what vectors/apache.json says of them, and shows what is otherwise.
// node packages/connect/interop/transforms.mjs KAFKA_HOME [--write]     (a case that is new there has any text as its answer)
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [kafkaHome, flag] = process.argv.slice(2);
if (!kafkaHome) {
  console.error('Usage: transforms.mjs KAFKA_HOME [--write]');
  process.exit(2);
}
const here = path.dirname(fileURLToPath(import.meta.url));
const file = path.join(here, '..', 'vectors', 'apache.json');
const vectors = JSON.parse(fs.readFileSync(file, 'utf8'));

const answerAt = { transforms: 3, headers: 1, payloads: 2 };
const requestOf = {
  transforms: ([type, config, input, , more]) => ({
    type,
    config,
    value: input === null ? null : vectors.inputs[input],
    ...more,
  }),
  headers: ([header]) => ({ header }),
  payloads: ([schemas, string]) => ({ schemas, string }),
};
const cases = Object.keys(answerAt).flatMap((kind) => vectors[kind].map((vector) => ({ kind, vector })));

const classes = fs.mkdtempSync(path.join(os.tmpdir(), 'connect-transforms-'));
const libraries = path.join(kafkaHome, 'libs', '*');
execFileSync('javac', ['-cp', libraries, '-d', classes, path.join(here, 'Transforms.java')]);
const input = cases.map(({ kind, vector }) => JSON.stringify(requestOf[kind](vector))).join('\n');
const answers = execFileSync('java', ['-cp', `${classes}${path.delimiter}${libraries}`, 'Transforms'], {
  input: `${input}\n`,
  stdio: ['pipe', 'pipe', 'ignore'],
  maxBuffer: 2 ** 26,
})
  .toString()
  .split('\n');

let differences = 0;
for (const [index, { kind, vector }] of cases.entries()) {
  const at = answerAt[kind];
  if (vector[at] === answers[index]) continue;
  differences++;
  console.log(`${JSON.stringify(vector.slice(0, at))}\n- ${vector[at]}\n+ ${answers[index]}`);
  vector[at] = answers[index];
}
console.log(`${cases.length} cases, ${differences} answered otherwise`);
if (flag === '--write') {
  const list = (rows) => rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  const parts = Object.entries(vectors).map(([name, rows]) => `  "${name}": [\n${list(rows)}\n  ]`);
  fs.writeFileSync(file, `{\n${parts.join(',\n')}\n}\n`);
}
