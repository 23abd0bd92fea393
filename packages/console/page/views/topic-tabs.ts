import type { Config, Partition, TopicDetails, TopicGroup } from '../../src/api';
import { alterConfig } from '../changes/topics';
import { type Child, h, type VNode } from '../dom';
import * as format from '../format';
import {
  badge,
  bar,
  configSource,
  configValue,
  empty,
  facts,
  groupState,
  number,
  replicaLegend,
  replicas,
  status,
} from '../parts';
import type { Rates } from '../rates';
import { groupHref, topicHref } from '../route';
import { type Column, table } from '../table';
import type { Page } from '../view';

export function partitionsTab(data: TopicDetails, rates: Rates): VNode {
  const sizeOf = ({ leader, bytes }: Partition): number | null => bytes[leader] ?? null;
  const largest = Math.max(...data.partitionList.map((it) => sizeOf(it) ?? 0));
  const recordsOf = ({ startOffset, endOffset }: Partition): number | null =>
    startOffset === null || endOffset === null ? null : endOffset - startOffset;
  return h(
    'div',
    null,
    replicaLegend(),
    table<Partition>(
      {
        id: 'partitions',
        label: `Partitions of ${data.name}`,
        keyOf: ({ partition }) => String(partition),
        hrefOf: ({ partition }) => topicHref(data.name, 'messages', { partition: [String(partition)] }),
        sorting: { by: 'partition', isDescending: false },
        whenEmpty: empty('No partitions are known yet.'),
        columns: [
          {
            id: 'partition',
            title: 'Partition',
            width: '7.5rem',
            sort: ({ partition }) => partition,
            cell: ({ partition }) => String(partition),
          },
          {
            id: 'state',
            title: 'State',
            width: '11rem',
            isMinor: true,
            sort: (it) => it.isr.length - it.replicas.length,
            cell: partitionState,
          },
          {
            id: 'replicas',
            title: 'Replicas',
            sort: ({ leader }) => leader,
            cell: (it) => replicas(it.replicas, it.leader, it.isr, it.offline),
          },
          {
            id: 'epoch',
            title: 'Epoch',
            width: '6rem',
            isNumeric: true,
            isMinor: true,
            sort: (it) => it.leaderEpoch,
            cell: (it) => number(it.leaderEpoch),
          },
          {
            id: 'start',
            title: 'Start',
            width: '8rem',
            isNumeric: true,
            isMinor: true,
            sort: (it) => it.startOffset,
            cell: (it) => number(it.startOffset),
          },
          {
            id: 'end',
            title: 'End',
            width: '8rem',
            isNumeric: true,
            sort: (it) => it.endOffset,
            cell: (it) => number(it.endOffset),
          },
          {
            id: 'records',
            title: 'Records',
            width: '8rem',
            isNumeric: true,
            isMinor: true,
            sort: recordsOf,
            cell: (it) => number(recordsOf(it)),
          },
          {
            id: 'rate',
            title: 'Records/s',
            width: '7rem',
            isNumeric: true,
            isMinor: true,
            sort: (it) => rates.of(String(it.partition)),
            cell: (it) => format.rate(rates.of(String(it.partition))),
          },
          {
            id: 'bytes',
            title: 'Size',
            width: '14rem',
            isNumeric: true,
            isMinor: true,
            sort: sizeOf,
            cell: (it) => [bar(sizeOf(it), largest), number(sizeOf(it), format.bytes)],
          },
        ],
      },
      data.partitionList,
    ),
  );
}

function partitionState({ leader, replicas: all, isr }: Partition): VNode {
  if (leader < 0) return status('bad', 'Offline');
  if (isr.length < all.length) return status('warn', `${isr.length} of ${all.length} in sync`);
  return status('good', 'In sync');
}

export function configsTab(page: Page, data: TopicDetails, done: () => void): VNode {
  const edit = page.session?.changes
    ? (config: Config): Child =>
        !config.isReadOnly &&
        h(
          'button',
          { type: 'button', class: 'quiet', on: { click: () => alterConfig(page, data.name, config, done) } },
          'Change…',
        )
    : undefined;
  return configTable(page, 'topic-configs', `Configs of ${data.name}`, data.configs, edit);
}

/** Configs of a topic or broker: what was set stands above what is default. */
export function configTable(
  page: Page,
  id: string,
  label: string,
  configs: readonly Config[],
  edit?: (config: Config) => Child,
): VNode {
  const rank = ({ isDefault, name }: Config): string => `${isDefault ? 1 : 0}${name}`;
  const columns: Column<Config>[] = [
    {
      id: 'name',
      title: 'Setting',
      width: '34%',
      sort: rank,
      cell: ({ name, documentation }) => h('span', { class: 'mono', title: documentation ?? undefined }, name),
    },
    { id: 'value', title: 'Value', sort: ({ value }) => value, cell: configValue },
    {
      id: 'source',
      title: 'From',
      width: '8rem',
      sort: configSource,
      cell: (config) =>
        config.isDefault ? h('span', { class: 'absent' }, 'default') : badge(configSource(config), 'good'),
    },
    {
      id: 'documentation',
      title: 'What it does',
      width: '30%',
      isMinor: true,
      cell: ({ documentation }) =>
        h('span', { class: 'absent', title: documentation ?? undefined }, documentation ?? ''),
    },
  ];
  if (edit) columns.push({ id: 'edit', title: '', width: '7rem', cell: edit });
  return table<Config>(
    {
      id,
      label,
      noun: 'setting',
      open: (config) => page.openDialog({ title: config.name, render: () => configDetails(config) }),
      keyOf: ({ name }) => name,
      sorting: { by: 'name', isDescending: false },
      filterText: ({ name, value, source }) => `${name} ${value ?? ''} ${source}`,
      tone: ({ isDefault }) => (isDefault ? '' : 'set'),
      whenEmpty: empty('No configs are known.'),
      columns,
    },
    configs,
  );
}

/** A setting in full: what is cut in a list, and what it does. */
const configDetails = (config: Config): VNode =>
  h(
    'div',
    { class: 'fields' },
    facts([
      ['Value', configValue(config)],
      ['From', configSource(config)],
      ['Type', config.type.toLowerCase()],
    ]),
    config.documentation !== null && h('p', null, config.documentation),
  );

export function groupsTab(data: TopicDetails): VNode {
  const largest = Math.max(...data.groups.map(({ lag }) => lag ?? 0));
  return table<TopicGroup>(
    {
      id: 'topic-groups',
      label: `Groups of ${data.name}`,
      keyOf: ({ groupId }) => groupId,
      hrefOf: ({ groupId }) => groupHref(groupId),
      sorting: { by: 'lag', isDescending: true },
      whenEmpty: empty('No group reads this topic.'),
      columns: [
        { id: 'group', title: 'Group', sort: ({ groupId }) => groupId, cell: ({ groupId }) => h('bdi', null, groupId) },
        {
          id: 'state',
          title: 'State',
          width: '13rem',
          narrowWidth: '8rem',
          sort: ({ state }) => state,
          cell: ({ state }) => groupState(state),
        },
        {
          id: 'members',
          title: 'Members',
          width: '8rem',
          isMinor: true,
          isNumeric: true,
          sort: ({ members }) => members,
          cell: ({ members }) => number(members),
        },
        {
          id: 'lag',
          title: 'Lag',
          width: '14rem',
          narrowWidth: '7rem',
          isNumeric: true,
          sort: ({ lag }) => lag,
          cell: ({ lag }) => [bar(lag, largest), number(lag)],
        },
      ],
    },
    data.groups,
  );
}
