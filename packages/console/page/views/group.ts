import type { GroupDetails, GroupOffset, Member, Rebalance } from '../../src/api';
import { deleteGroup, resetOffsets } from '../changes/groups';
import { h, type VNode } from '../dom';
import * as format from '../format';
import { bar, curve, empty, facts, failure, groupState, loaded, number, section } from '../parts';
import { History } from '../rates';
import { brokerHref, topicHref } from '../route';
import { table } from '../table';
import { Feeds, type Page, type View } from '../view';

const CURVE = { width: 240, height: 36 };

/** `#/groups/NAME` */
export function groupView(page: Page, groupId: string): View {
  const feeds = new Feeds(page);
  const lags = new History();
  const details = feeds.open<GroupDetails>(`/api/groups/${encodeURIComponent(groupId)}`, ({ lag }) =>
    lags.add(lag ?? 0),
  );
  return {
    title: groupId,
    render: () => [
      h(
        'header',
        { class: 'subject', key: 'subject' },
        h('p', { class: 'kind' }, h('a', { href: '#/groups' }, 'Group')),
        h('h1', { tabindex: '-1' }, h('bdi', null, groupId || '(no name)')),
        page.session?.changes && details.data && actions(page, details.data, details.refresh),
      ),
      loaded(details, (data) => [
        data.error !== null && failure({ error: data.error }),
        summary(data, lags),
        section('Offsets', offsetTable(data)),
        section('Members', memberTable(data)),
      ]),
    ],
    leave: () => feeds.stop(),
  };
}

function summary(data: GroupDetails, lags: History): VNode {
  const points = lags.points(CURVE.width, CURVE.height);
  return h(
    'div',
    { class: 'panels', key: 'panels' },
    facts([
      ['State', groupState(data.state)],
      ['Lag', [number(data.lag), points !== '' && curve(points, 'Lag, lately', CURVE.width, CURVE.height)]],
      ['Coordinator', h('a', { href: brokerHref(data.coordinator) }, `Broker ${data.coordinator}`)],
      ['Protocol', [data.protocolType, data.protocol].filter(Boolean).join(', ') || format.NONE],
      ['Members', number(data.members)],
    ]),
    rebalance(data.lastRebalance),
  );
}

function rebalance(last: Rebalance | null): VNode {
  if (!last) {
    return h(
      'div',
      { class: 'note', key: 'rebalance' },
      h('h2', null, 'Last rebalance'),
      h('p', { class: 'absent' }, 'Its coordinator does not tell of any.'),
    );
  }
  const { reason, memberId, atMs, durationMs } = last;
  return h(
    'div',
    { class: 'note', key: 'rebalance' },
    h('h2', null, 'Last rebalance'),
    h('p', { class: 'reason' }, h('bdi', null, reason)),
    h(
      'p',
      { class: 'absent' },
      h('time', { title: format.dateTime(atMs) }, `${format.clock(atMs)}, ${format.ago(atMs, Date.now())}`),
      durationMs === null ? '; it lasts still' : `; it took ${format.duration(durationMs)}`,
    ),
    memberId !== '' && h('p', { class: 'absent mono cut', title: memberId }, memberId),
  );
}

function offsetTable(data: GroupDetails): VNode {
  const largest = Math.max(...data.offsets.map(({ lag }) => lag ?? 0));
  const clients = new Map(data.memberList.map(({ memberId, clientId }) => [memberId, clientId]));
  return table<GroupOffset>(
    {
      id: 'offsets',
      label: `Offsets of ${data.groupId}`,
      noun: 'partition',
      keyOf: ({ topic, partition }) => `${topic}-${partition}`,
      hrefOf: ({ topic, partition, committed }) =>
        topicHref(
          topic,
          'messages',
          committed === null
            ? { partition: [String(partition)] }
            : { partition: [String(partition)], from: [`offset:${committed}`] },
        ),
      sorting: { by: 'topic', isDescending: false },
      filterText: ({ topic, partition, memberId }) => `${topic}-${partition} ${memberId ?? ''}`,
      whenEmpty: empty('Nothing was committed, and nothing is assigned.'),
      columns: [
        {
          id: 'topic',
          title: 'Partition',
          sort: ({ topic, partition }) => `${topic}-${partition}`,
          cell: ({ topic, partition }) => h('bdi', null, `${topic}-${partition}`),
        },
        {
          id: 'committed',
          title: 'Committed',
          width: '9rem',
          isNumeric: true,
          isMinor: true,
          sort: (it) => it.committed,
          cell: (it) => number(it.committed),
        },
        {
          id: 'end',
          title: 'End',
          width: '9rem',
          isNumeric: true,
          isMinor: true,
          sort: (it) => it.end,
          cell: (it) => number(it.end),
        },
        {
          id: 'lag',
          title: 'Lag',
          width: '14rem',
          narrowWidth: '8rem',
          isNumeric: true,
          sort: (it) => it.lag,
          cell: (it) => [bar(it.lag, largest), number(it.lag)],
        },
        {
          id: 'member',
          title: 'Read by',
          width: '22%',
          isMinor: true,
          sort: ({ memberId }) => memberId,
          cell: ({ memberId }) =>
            memberId === null
              ? h('span', { class: 'absent' }, 'nobody')
              : h('bdi', { title: memberId }, clients.get(memberId) ?? memberId),
        },
        { id: 'metadata', title: 'Metadata', width: '12%', isMinor: true, cell: ({ metadata }) => metadata },
      ],
    },
    data.offsets,
  );
}

function memberTable(data: GroupDetails): VNode {
  const read = ({ assignment }: Member): string =>
    assignment
      .map(({ topic, partitions }) => `${topic}: ${format.ranges([...partitions].sort((a, b) => a - b))}`)
      .join('; ');
  const total = ({ assignment }: Member): number =>
    assignment.reduce((sum, { partitions }) => sum + partitions.length, 0);
  return table<Member>(
    {
      id: 'members',
      label: `Members of ${data.groupId}`,
      keyOf: ({ memberId }) => memberId,
      sorting: { by: 'client', isDescending: false },
      whenEmpty: empty('It has no members now.'),
      columns: [
        {
          id: 'client',
          title: 'Client',
          width: '20%',
          sort: ({ clientId }) => clientId,
          cell: ({ clientId, instanceId }) => h('bdi', null, instanceId ? `${clientId} (${instanceId})` : clientId),
        },
        {
          id: 'host',
          title: 'Host',
          width: '11rem',
          isMinor: true,
          sort: ({ host }) => host,
          cell: ({ host }) => h('span', { class: 'mono' }, host),
        },
        {
          id: 'count',
          title: 'Partitions',
          width: '8rem',
          isNumeric: true,
          sort: total,
          cell: (it) => number(total(it)),
        },
        {
          id: 'assignment',
          title: 'Reads',
          sort: read,
          cell: (it) => h('span', { title: read(it) }, read(it) || format.NONE),
        },
        {
          id: 'member',
          title: 'Member id',
          width: '24%',
          isMinor: true,
          sort: ({ memberId }) => memberId,
          cell: ({ memberId }) => h('span', { class: 'mono', title: memberId }, memberId),
        },
      ],
    },
    data.memberList,
  );
}

const actions = (page: Page, data: GroupDetails, done: () => void): VNode =>
  h(
    'div',
    { class: 'actions', key: 'actions' },
    h('button', { type: 'button', on: { click: () => resetOffsets(page, data, done) } }, 'Reset offsets…'),
    h('button', { type: 'button', class: 'danger', on: { click: () => deleteGroup(page, data) } }, 'Delete…'),
  );
