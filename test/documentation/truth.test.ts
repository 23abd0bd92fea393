import fs from 'node:fs';
import path from 'node:path';
import { brokerConfigs } from '@odradek/broker/config/definitions/index';
import { odradekConfigs } from '@odradek/broker/config/definitions/odradek';
import { home } from '../support/process';

// What documents say of other files, and of settings.

const HIDDEN = new Set(['node_modules', '.vendor', '.git', 'dist', 'logs']);

function filesBelow(folder: string, isWanted: (name: string) => boolean): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return HIDDEN.has(entry.name) ? [] : filesBelow(file, isWanted);
    return isWanted(entry.name) ? [file] : [];
  });
}

const documents = filesBelow(home, (name) => name.endsWith('.md')).map((file) => ({
  file,
  name: path.relative(home, file),
  text: fs.readFileSync(file, 'utf8'),
}));

/** The name that a heading has in an address: GitHub's rule. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** What is wrong with a link, if anything. */
function faultOf(from: string, link: string): string | null {
  const [file, anchor] = link.split('#') as [string, string?];
  const target = file === '' ? from : path.resolve(path.dirname(from), file);
  if (!fs.existsSync(target)) return `${link} is not there`;
  if (anchor === undefined) return null;
  const headings = [...fs.readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.some((heading) => anchorOf(heading) === anchor) ? null : `${link}: no such heading`;
}

test('links lead somewhere', () => {
  const links = documents.flatMap(({ file, name, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => ({ name, fault: faultOf(file, link) })),
  );
  expect(links.length).toBeGreaterThan(30);
  expect(links.filter(({ fault }) => fault !== null)).toEqual([]);
});

test('documents that are named are there', () => {
  const named = documents.flatMap(({ name, text }) =>
    [...text.matchAll(/(?<![\w/.-])docs\/[\w./-]+\.md\b/g)].map(([document]) => ({ name, document })),
  );
  expect(named.filter(({ document }) => !fs.existsSync(path.join(home, document)))).toEqual([]);
});

test('every document but decisions has its place in the index', () => {
  const index = fs.readFileSync(path.join(home, 'docs', 'README.md'), 'utf8');
  const own = documents.map(({ name }) => name).filter((name) => name.startsWith('docs/') && name !== 'docs/README.md');
  expect(
    own.filter((name) => !name.startsWith('docs/decisions/') && !index.includes(`(${name.slice('docs/'.length)})`)),
  ).toEqual([]);
});

test('every setting of our own that is named exists, and operating.md has them all', () => {
  const known = Object.keys(odradekConfigs);
  const named = documents
    .filter(({ name }) => name !== 'docs/from-apache.md') // which shows what a misspelt one leads to
    .flatMap(({ name, text }) => [...text.matchAll(/\bodradek\.[a-z]+(?:\.[a-z]+)+/g)].map(([key]) => ({ name, key })));
  expect(named.filter(({ key }) => !known.includes(key))).toEqual([]);
  const operating = documents.find(({ name }) => name === 'docs/operating.md')!;
  expect(known.filter((key) => !operating.text.includes(`\`${key}\``))).toEqual([]);
});

describe('settings without effect', () => {
  const { text } = documents.find(({ name }) => name === 'docs/from-apache.md')!;
  const section = text.slice(text.indexOf('## Settings that are accepted and do nothing'));
  const told = [...section.matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, key]) => key!),
  );
  const isTold = (key: string): boolean =>
    told.some((one) => one === key || (one.endsWith('*') && key.startsWith(one.slice(0, -1))));

  test('those that are told of exist', () => {
    const known = Object.keys(brokerConfigs);
    const unknown = told.filter(
      (key) => !known.some((name) => name === key || name === `log.${key}` || isWild(key, name)),
    );
    expect(unknown).toEqual([]);
  });

  test('those that nothing reads are told of', () => {
    const source = filesBelow(path.join(home, 'packages', 'broker', 'src'), (name) => /(?<!\.test)\.ts$/.test(name))
      .filter((file) => !/\/config\/(definitions|documentation)\//.test(file))
      .map((file) => fs.readFileSync(file, 'utf8'))
      .join('\n');
    const words = new Set(source.match(/\w+/g));
    const camel = (key: string): string => key.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
    const unread = Object.keys(brokerConfigs).filter((key) => !words.has(camel(key)) && !source.includes(`'${key}'`));
    expect(unread.length).toBeGreaterThan(50);
    expect(unread.filter((key) => !isTold(key))).toEqual([]);
  });
});

const isWild = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1));
