import type { GroupSummary } from '../../src/api';
import { h, type VNode } from '../dom';
import * as format from '../format';
import { badge, bar, empty, groupState, loaded, number } from '../parts';
import { brokerHref, groupHref } from '../route';
import { table } from '../table';
import { Feeds, type Page, type View } from '../view';

/** `#/groups` */
export function groupsView(page: Page): View {
  const feeds = new Feeds(page);
  const groups = feeds.open<readonly GroupSummary[]>('/api/groups');
  return {
    title: 'Groups',
    render: () => [h('h1', { key: 'title', tabindex: '-1' }, 'Groups'), loaded(groups, groupTable)],
    leave: () => feeds.stop(),
  };
}

function groupTable(groups: readonly GroupSummary[]): VNode {
  const largest = Math.max(...groups.map(({ lag }) => lag ?? 0));
  const nowMs = Date.now();
  return table<GroupSummary>(
    {
      id: 'groups',
      label: 'Groups',
      noun: 'group',
      keyOf: ({ groupId }) => groupId,
      hrefOf: ({ groupId }) => groupHref(groupId),
      sorting: { by: 'group', isDescending: false },
      filterText: ({ groupId, topics, state }) => `${groupId} ${state} ${topics.join(' ')}`,
      whenEmpty: empty('No group has committed an offset or has members.'),
      columns: [
        {
          id: 'group',
          title: 'Group',
          sort: ({ groupId }) => groupId,
          cell: ({ groupId, error }) => [
            groupId === '' ? h('span', { class: 'absent' }, '(no name)') : h('bdi', null, groupId),
            error !== null && badge(error, 'bad'),
          ],
        },
        {
          id: 'state',
          title: 'State',
          width: '14rem',
          narrowWidth: '8rem',
          sort: ({ state }) => state,
          cell: ({ state }) => groupState(state),
        },
        {
          id: 'members',
          title: 'Members',
          width: '7.5rem',
          isMinor: true,
          isNumeric: true,
          sort: ({ members }) => members,
          cell: ({ members }) => number(members),
        },
        {
          id: 'topics',
          title: 'Topics',
          width: '16%',
          isMinor: true,
          sort: ({ topics }) => topics.length,
          cell: ({ topics }) =>
            h(
              'span',
              { title: topics.join('\n') },
              topics.length > 2 ? format.counted(topics.length, 'topic') : topics.join(', ') || format.NONE,
            ),
        },
        {
          id: 'coordinator',
          title: 'Coordinator',
          width: '9.5rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ coordinator }) => coordinator,
          cell: ({ coordinator }) => h('a', { href: brokerHref(coordinator), tabindex: '-1' }, String(coordinator)),
        },
        {
          id: 'lag',
          title: 'Lag',
          width: '13rem',
          narrowWidth: '7rem',
          isNumeric: true,
          sort: ({ lag }) => lag,
          cell: ({ lag }) => [bar(lag, largest), number(lag)],
        },
        {
          id: 'rebalance',
          title: 'Last rebalance',
          width: '24%',
          isMinor: true,
          sort: ({ lastRebalance }) => lastRebalance?.atMs ?? null,
          cell: ({ lastRebalance }) =>
            lastRebalance
              ? h(
                  'span',
                  { title: lastRebalance.reason },
                  `${format.ago(lastRebalance.atMs, nowMs)}: ${lastRebalance.reason}`,
                )
              : h('span', { class: 'absent' }, format.NONE),
        },
      ],
    },
    groups,
  );
}
