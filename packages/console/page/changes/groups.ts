import type { GroupDetails } from '../../src/api';
import type { DeleteGroup, Done, OffsetsReset, ResetOffsets } from '../../src/api-changes';
import { type Child, h } from '../dom';
import * as format from '../format';
import type { Page } from '../view';
import { choice, confirmation, openChange, textField } from './change-dialog';

const pathOf = (group: string): string => `/api/groups/${encodeURIComponent(group)}`;

const KINDS = [
  ['earliest', 'the beginning'],
  ['latest', 'the end'],
  ['time', 'a time'],
  ['offset', 'an offset'],
  ['shift', 'so many records further (or back)'],
] as const;
type Kind = (typeof KINDS)[number][0];

/** What is asked for; null where the value is not one. */
function target(kind: Kind, value: string): ResetOffsets['to'] | null {
  switch (kind) {
    case 'earliest':
    case 'latest':
      return kind;
    case 'time': {
      const timeMs = format.parseTime(value, Date.now());
      return timeMs === null ? null : { timeMs };
    }
    case 'offset':
      return /^\d+$/.test(value) ? { offset: Number(value) } : null;
    case 'shift':
      return /^[+-]?\d+$/.test(value) ? { shiftBy: Number(value) } : null;
    default:
      return kind satisfies never;
  }
}

/** Its review is what the cluster says that it would do. */
export function resetOffsets(page: Page, group: GroupDetails, done: () => void): void {
  const field = textField();
  const topics = group.topics;
  let [topic, kind, value] = [topics[0] ?? '', 'earliest' as Kind, ''];
  let reset: ResetOffsets | undefined;
  const ask = (dryRun: boolean): Promise<OffsetsReset> =>
    page.change<OffsetsReset>(`${pathOf(group.groupId)}/offsets`, { ...reset!, dryRun });
  openChange(page, {
    title: `Reset offsets of ${group.groupId}`,
    verb: 'Reset offsets',
    isDanger: true,
    edit: () => [
      group.members > 0 && h('p', { class: 'hint' }, 'It has members now: offsets can be reset once they have left.'),
      choice(
        'Topic',
        topic,
        topics.map((name) => [name, name] as const),
        (name) => {
          topic = name;
          page.invalidate();
        },
      ),
      choice('To', kind, KINDS, (next) => {
        kind = next as Kind;
        value = '';
        page.invalidate();
      }),
      kind !== 'earliest' &&
        kind !== 'latest' &&
        field({
          label: 'Which',
          value,
          placeholder: { time: '15m, 14:03, 2026-11-21 14:03', offset: '0', shift: '-100' }[kind],
          change: (text) => {
            value = text;
            page.invalidate();
          },
        }),
    ],
    problem: () => (topic === '' ? 'It has no topics.' : target(kind, value) === null ? 'Which?' : null),
    review: async () => {
      reset = { topic, to: target(kind, value)!, dryRun: true };
      const { offsets } = await ask(true);
      return preview(offsets);
    },
    apply: async () => {
      const { offsets } = await ask(false);
      done();
      return `Offsets of ${format.counted(offsets.length, 'partition')} were reset.`;
    },
  });
}

function preview(offsets: OffsetsReset['offsets']): Child {
  const head = ['Partition', 'Now', 'Then', 'Difference'];
  return h(
    'div',
    { class: 'scrolled', tabindex: '0', 'aria-label': 'What would change' },
    h(
      'table',
      { 'aria-label': 'What would change' },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          head.map((title, i) => h('th', { key: title, scope: 'col', class: i > 0 ? 'numeric' : undefined }, title)),
        ),
      ),
      h(
        'tbody',
        null,
        offsets.map(({ topic, partition, from, to }) =>
          h(
            'tr',
            { key: `${topic}-${partition}` },
            h('td', null, h('bdi', null, `${topic}-${partition}`)),
            h('td', { class: 'numeric' }, format.count(from)),
            h('td', { class: 'numeric' }, format.count(to)),
            h('td', { class: 'numeric' }, from === null ? format.NONE : signed(to - from)),
          ),
        ),
      ),
    ),
  );
}

const signed = (value: number): string => (value > 0 ? `+${format.count(value)}` : format.count(value));

export function deleteGroup(page: Page, { groupId }: GroupDetails): void {
  const field = textField();
  let typed = '';
  openChange(page, {
    title: `Delete ${groupId}`,
    verb: `Delete ${groupId}`,
    isDanger: true,
    edit: () => [
      h('p', null, 'The group and every offset that it committed will be gone.'),
      field({
        label: `Type ${groupId} to go on`,
        value: typed,
        change: (text) => {
          typed = text;
          page.invalidate();
        },
      }),
    ],
    problem: () => confirmation('group', groupId, typed),
    review: () => h('p', null, 'Delete ', h('bdi', { class: 'mono' }, groupId), ' with its offsets, now.'),
    apply: async () => {
      await page.change<Done>(`${pathOf(groupId)}/delete`, { confirm: typed } satisfies DeleteGroup);
      page.go('#/groups');
      return `Group ${groupId} was deleted.`;
    },
  });
}
