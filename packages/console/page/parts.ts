import type { Broker, Config, ErrorAnswer, GroupState, TopicSummary } from '../src/api';
import { type Child, h, type VNode } from './dom';
import type { Feed } from './feed';
import * as format from './format';
import { brokerHref } from './route';

/** Pieces that several views are made of. */

export type Tone = 'good' | 'warn' | 'bad' | 'calm';

/** Each tone has a sign of its own: nothing is told by colour alone. */
const SIGNS: Readonly<Record<Tone, readonly string[]>> = {
  good: ['M3 8.5l3.2 3.2L13 5'],
  warn: ['M8 2.5L14.5 13.5H1.5z', 'M8 6.5v3.2', 'M8 11.4v.6'],
  bad: ['M4 4l8 8', 'M12 4l-8 8'],
  calm: ['M4 8h8'],
};

export const icon = (paths: readonly string[], name = 'icon'): VNode =>
  h(
    'svg',
    { class: name, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    paths.map((d) => h('path', { d })),
  );

/** A word with its sign, in its colour. */
export const status = (tone: Tone, ...text: readonly Child[]): VNode =>
  h('span', { class: `status ${tone}` }, icon(SIGNS[tone]), h('span', null, text));

export const badge = (text: string, tone: Tone = 'calm', title?: string): VNode =>
  h('span', { class: `badge ${tone}`, title }, text);

/** A number, flashing when it changes. */
export const number = (value: number | null | undefined, show = format.count): VNode =>
  h('span', { class: 'number', flash: true }, show(value));

/** How much of the largest one: beside a number that says it exactly. */
export function bar(value: number | null, largest: number, tone: Tone = 'calm'): VNode {
  const share = value === null || largest <= 0 ? 0 : Math.min(1, value / largest);
  const width = share === 0 ? '0' : `max(2px, ${(share * 100).toFixed(1)}%)`;
  return h('span', { class: `bar ${tone}`, 'aria-hidden': 'true' }, h('span', { style: { width } }));
}

export const curve = (points: string, label: string, width: number, height: number): VNode =>
  h(
    'svg',
    {
      class: 'curve',
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    h('polyline', { points, 'vector-effect': 'non-scaling-stroke' }),
  );

/** Names with their values, as a list of definitions. */
export const facts = (entries: readonly (readonly [name: string, value: Child])[]): VNode =>
  h(
    'dl',
    { class: 'facts' },
    entries.map(([name, value]) => h('div', { key: name }, h('dt', null, name), h('dd', null, value))),
  );

export const section = (title: string, ...children: readonly Child[]): VNode =>
  h('section', { key: title, 'aria-label': title }, h('h2', null, title), children);

export const empty = (text: string, ...more: readonly Child[]): VNode =>
  h('div', { class: 'empty', key: 'empty' }, h('p', null, text), more);

export const failure = ({ error, remedy }: ErrorAnswer): VNode =>
  h(
    'div',
    { class: 'failure', role: 'alert', key: 'failure' },
    status('bad', error),
    remedy !== undefined && h('p', null, 'Remedy: ', h('code', null, remedy)),
  );

/** What a feed knows; else that it is loading, or why it knows nothing. A refusal is shown above what is still known. */
export function loaded<T>({ data, refusal }: Feed<T>, show: (data: T) => Child): Child {
  if (data === undefined) return refusal ? failure(refusal) : loading();
  return [refusal ? failure(refusal) : null, show(data)];
}

export const loading = (): VNode =>
  h(
    'div',
    { class: 'loading', key: 'loading', role: 'status' },
    h('span', { class: 'hidden' }, 'Loading'),
    [1, 2, 3, 4].map((line) => h('span', { class: 'line', key: line, 'aria-hidden': 'true' })),
  );

/** The replicas of a partition: leader, in sync, behind, gone, each with a sign and a name. */
export function replicas(
  all: readonly number[],
  leader: number,
  isr: readonly number[],
  offline: readonly number[] = [],
): VNode {
  return h(
    'span',
    { class: 'replicas' },
    all.map((id) => {
      const kind = kindOf(id, leader, isr, offline);
      return h(
        'a',
        {
          key: id,
          class: `replica ${kind}`,
          href: brokerHref(id),
          title: `Broker ${id}: ${WORDS[kind]}`,
          tabindex: '-1',
        },
        h('span', { 'aria-hidden': 'true' }, MARKS[kind]),
        String(id),
        h('span', { class: 'hidden' }, ` ${WORDS[kind]}`),
      );
    }),
  );
}

type ReplicaKind = 'leads' | 'follows' | 'behind' | 'gone';
const WORDS: Readonly<Record<ReplicaKind, string>> = {
  leads: 'leader',
  follows: 'in sync',
  behind: 'not in sync',
  gone: 'not alive',
};
const MARKS: Readonly<Record<ReplicaKind, string>> = { leads: '★', follows: '', behind: '!', gone: '×' };

function kindOf(id: number, leader: number, isr: readonly number[], offline: readonly number[]): ReplicaKind {
  if (offline.includes(id)) return 'gone';
  if (id === leader) return 'leads';
  return isr.includes(id) ? 'follows' : 'behind';
}

export const replicaLegend = (): VNode =>
  h(
    'p',
    { class: 'legend', 'aria-hidden': 'true' },
    (Object.keys(WORDS) as ReplicaKind[]).map((kind) =>
      h('span', { key: kind }, h('span', { class: `replica ${kind}` }, MARKS[kind], '1'), ` ${WORDS[kind]}`),
    ),
  );

const GROUP_TONES: Readonly<Record<GroupState, Tone>> = {
  Stable: 'good',
  PreparingRebalance: 'warn',
  CompletingRebalance: 'warn',
  Empty: 'calm',
  Dead: 'bad',
  Unknown: 'bad',
};

export const groupState = (state: GroupState): VNode => status(GROUP_TONES[state], state);

/** In one word how a topic is. */
export function topicHealth({ offline, underReplicated }: TopicSummary): VNode {
  if (offline > 0) return status('bad', `${offline} offline`);
  return underReplicated > 0 ? status('warn', `${underReplicated} under-replicated`) : status('good', 'In sync');
}

export const brokerHealth = ({ alive, inSync, replicas: all }: Broker): VNode => {
  if (!alive) return status('bad', 'Not alive');
  return inSync < all ? status('warn', `${all - inSync} behind`) : status('good', 'Alive');
};

const SOURCES: Readonly<Record<Config['source'], string>> = {
  DYNAMIC_TOPIC_CONFIG: 'topic',
  DYNAMIC_BROKER_LOGGER_CONFIG: 'logger',
  DYNAMIC_BROKER_CONFIG: 'broker',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'all brokers',
  STATIC_BROKER_CONFIG: 'file',
  DEFAULT_CONFIG: 'default',
  UNKNOWN: 'unknown',
};

export const configSource = ({ source }: Config): string => SOURCES[source];

/** What the list says for a value that is not there. */
export function configValue({ value, isSensitive }: Config): Child {
  if (isSensitive) return h('span', { class: 'absent' }, 'hidden');
  if (value === null) return h('span', { class: 'absent' }, 'none');
  return value === '' ? h('span', { class: 'absent' }, 'empty') : h('code', null, value);
}
