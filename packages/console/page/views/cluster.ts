import type { Broker, Cluster, TopicSummary, TroubledPartition } from '../../src/api';
import { electLeaders } from '../changes/elections';
import { type Child, h, type VNode } from '../dom';
import * as format from '../format';
import {
  badge,
  bar,
  brokerHealth,
  curve,
  empty,
  loaded,
  number,
  replicaLegend,
  replicas,
  section,
  status,
  type Tone,
} from '../parts';
import { History, Rates } from '../rates';
import { brokerHref, topicHref } from '../route';
import { table } from '../table';
import { Feeds, type Page, type View } from '../view';

const CURVE = { width: 160, height: 28 };
const ALL = 'all';

/** `#/`: is all well, and if not, what is not. */
export function clusterView(page: Page): View {
  const feeds = new Feeds(page);
  const rates = new Rates();
  const history = new History();
  const cluster = feeds.open<Cluster>('/api/cluster');
  feeds.open<readonly TopicSummary[]>('/api/topics', (topics) => {
    rates.add(
      ALL,
      sum(topics, ({ endOffsets }) => endOffsets),
      Date.now(),
    );
    const now = rates.of(ALL);
    if (now !== null) history.add(now);
  });
  return {
    title: 'Cluster',
    render: () => [
      h(
        'header',
        { class: 'subject', key: 'subject' },
        h('h1', { tabindex: '-1' }, 'Cluster'),
        h(
          'p',
          { class: 'summary' },
          cluster.data &&
            h('span', { class: 'mono', title: 'Cluster id' }, cluster.data.clusterId ?? 'no cluster id yet'),
          page.session && h('span', null, `${page.session.product} ${page.session.version}`),
        ),
      ),
      loaded(cluster, (data) => [
        health(data),
        strip(data, rates.of(ALL), history),
        section('Brokers', brokerTable(page, data)),
        data.troubled.length > 0 && section('Partitions in trouble', replicaLegend(), troubledTable(data)),
      ]),
    ],
    leave: () => feeds.stop(),
  };
}

const sum = <T>(rows: readonly T[], of: (row: T) => number | null): number =>
  rows.reduce((total, row) => total + (of(row) ?? 0), 0);

/** The answer to why somebody opens this page, in a sentence. */
function health({ brokers, totals, controllerId }: Cluster): VNode {
  const gone = brokers.filter(({ alive }) => !alive);
  const troubles: string[] = [];
  if (totals.offline > 0) troubles.push(`${format.counted(totals.offline, 'partition')} without a leader`);
  if (totals.underMinIsr > 0) troubles.push(`${format.count(totals.underMinIsr)} below min.insync.replicas`);
  if (totals.underReplicated > 0) troubles.push(`${format.count(totals.underReplicated)} under-replicated`);
  if (gone.length > 0) {
    const ids = gone.map(({ id }) => id).join(', ');
    troubles.push(gone.length === 1 ? `broker ${ids} is not alive` : `brokers ${ids} are not alive`);
  }
  if (controllerId < 0) troubles.push('no controller');
  const tone: Tone = troubles.length === 0 ? 'good' : totals.offline > 0 ? 'bad' : 'warn';
  const allWell = `All ${format.counted(totals.partitions, 'partition')} in sync on ${format.counted(brokers.length, 'broker')}.`;
  const sentence = troubles.length === 0 ? allWell : `${troubles.join(', ')}.`;
  return h(
    'p',
    { class: `health ${tone}`, role: 'status', key: 'health' },
    status(tone, sentence[0]!.toUpperCase() + sentence.slice(1)),
  );
}

function strip({ brokers, totals, controllerId }: Cluster, rate: number | null, history: History): VNode {
  const alive = brokers.filter((broker) => broker.alive).length;
  const tile = (name: string, value: Child, tone: Tone | '' = '', more: Child = null): VNode =>
    h('div', { class: `tile ${tone}`.trim(), key: name }, h('dt', null, name), h('dd', null, value, more));
  const points = history.points(CURVE.width, CURVE.height);
  return h(
    'dl',
    { class: 'strip', key: 'strip' },
    tile(
      'Brokers alive',
      number(alive),
      alive < brokers.length ? 'warn' : '',
      h('small', null, ` of ${brokers.length}`),
    ),
    tile(
      'Controller',
      controllerId < 0 ? 'none' : h('a', { href: brokerHref(controllerId) }, String(controllerId)),
      controllerId < 0 ? 'bad' : '',
    ),
    tile('Topics', h('a', { href: '#/topics' }, number(totals.topics))),
    tile('Partitions', number(totals.partitions)),
    tile('Under-replicated', number(totals.underReplicated), totals.underReplicated > 0 ? 'warn' : ''),
    tile('Offline', number(totals.offline), totals.offline > 0 ? 'bad' : ''),
    tile('Below min ISR', number(totals.underMinIsr), totals.underMinIsr > 0 ? 'bad' : ''),
    tile('Size', number(totals.bytes, format.bytes)),
    tile(
      'Records per second',
      h('span', { class: 'number' }, format.rate(rate)),
      '',
      points !== '' && curve(points, 'Records per second, lately', CURVE.width, CURVE.height),
    ),
  );
}

function brokerTable(page: Page, { brokers }: Cluster): VNode {
  const largest = Math.max(...brokers.map(({ bytes }) => bytes ?? 0));
  return table<Broker>(
    {
      id: 'brokers',
      label: 'Brokers',
      keyOf: ({ id }) => String(id),
      hrefOf: ({ id }) => brokerHref(id),
      sorting: { by: 'id', isDescending: false },
      tone: ({ alive }) => (alive ? '' : 'gone'),
      whenEmpty: empty('No broker is known.'),
      tools:
        page.session?.changes &&
        h('button', { type: 'button', on: { click: () => electLeaders(page) } }, 'Elect preferred leaders…'),
      columns: [
        { id: 'id', title: 'Id', width: '5rem', sort: ({ id }) => id, cell: ({ id }) => String(id) },
        { id: 'state', title: 'State', width: '9rem', sort: ({ alive }) => String(alive), cell: brokerHealth },
        {
          id: 'address',
          title: 'Address',
          sort: ({ host, port }) => host && `${host}:${port}`,
          cell: ({ host, port, isController, isConsoleHost }) => [
            h('span', { class: 'mono' }, host === null ? format.NONE : `${host}:${port}`),
            isController && badge('controller', 'good'),
            isConsoleHost && badge('this console'),
          ],
        },
        {
          id: 'rack',
          title: 'Rack',
          width: '8rem',
          isMinor: true,
          sort: ({ rack }) => rack,
          cell: ({ rack }) => rack ?? format.NONE,
        },
        {
          id: 'leaders',
          title: 'Leads',
          width: '6rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ leaders }) => leaders,
          cell: ({ leaders }) => number(leaders),
        },
        {
          id: 'replicas',
          title: 'Replicas',
          width: '7.5rem',
          isNumeric: true,
          isMinor: true,
          sort: (it) => it.replicas,
          cell: (it) => number(it.replicas),
        },
        {
          id: 'inSync',
          title: 'In sync',
          width: '7rem',
          isNumeric: true,
          sort: ({ inSync }) => inSync,
          cell: ({ inSync }) => number(inSync),
        },
        {
          id: 'bytes',
          title: 'Size',
          width: '14rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ bytes }) => bytes,
          cell: ({ bytes }) => [bar(bytes, largest), number(bytes, format.bytes)],
        },
      ],
    },
    brokers,
  );
}

const TROUBLE: Readonly<Record<TroubledPartition['trouble'], readonly [Tone, string]>> = {
  OFFLINE: ['bad', 'Offline'],
  UNDER_MIN_ISR: ['bad', 'Below min ISR'],
  UNDER_REPLICATED: ['warn', 'Under-replicated'],
};
/** The worst first. */
const ORDER = Object.keys(TROUBLE);

function troubledTable({ troubled, brokers, totals }: Cluster): VNode {
  const gone = brokers.filter(({ alive }) => !alive).map(({ id }) => id);
  const unlisted = Math.max(totals.underReplicated, totals.offline) - troubled.length;
  return h(
    'div',
    { key: 'troubled' },
    table<TroubledPartition>(
      {
        id: 'troubled',
        label: 'Partitions in trouble',
        noun: 'partition',
        keyOf: ({ topic, partition }) => `${topic}-${partition}`,
        hrefOf: ({ topic }) => topicHref(topic, 'partitions'),
        sorting: { by: 'trouble', isDescending: false },
        filterText: ({ topic, partition, why }) => `${topic}-${partition} ${why}`,
        whenEmpty: null,
        columns: [
          {
            id: 'topic',
            title: 'Partition',
            sort: ({ topic, partition }) => `${topic}-${partition}`,
            cell: ({ topic, partition }) => h('bdi', null, `${topic}-${partition}`),
          },
          {
            id: 'trouble',
            title: 'Trouble',
            width: '12rem',
            narrowWidth: '8rem',
            sort: ({ trouble }) => ORDER.indexOf(trouble),
            cell: ({ trouble }) => status(...TROUBLE[trouble]),
          },
          {
            id: 'replicas',
            title: 'Replicas',
            width: '12rem',
            narrowWidth: '9rem',
            cell: (it) => replicas(it.replicas, it.leader, it.isr, gone),
          },
          { id: 'why', title: 'Why', isMinor: true, sort: ({ why }) => why, cell: ({ why }) => why },
        ],
      },
      troubled,
    ),
    unlisted > 0 && h('p', { class: 'legend' }, `And ${format.count(unlisted)} more.`),
  );
}
