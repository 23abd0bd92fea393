import type { BrokerDetails, LogDir } from '../../src/api';
import { h, type VNode } from '../dom';
import * as format from '../format';
import { badge, bar, empty, facts, loaded, number, section, status } from '../parts';
import { table } from '../table';
import { Feeds, type Page, type View } from '../view';
import { configTable } from './topic-tabs';

/** Configs and folders change seldom. */
const EVERY_MS = 3_000;

/** `#/brokers/ID` */
export function brokerView(page: Page, id: number): View {
  const feeds = new Feeds(page);
  const details = feeds.open<BrokerDetails>(`/api/brokers/${id}`, undefined, EVERY_MS);
  return {
    title: `Broker ${id}`,
    render: () => [
      h(
        'header',
        { class: 'subject', key: 'subject' },
        h('p', { class: 'kind' }, h('a', { href: '#/' }, 'Cluster')),
        h('h1', { tabindex: '-1' }, `Broker ${id}`, details.data?.isController && badge('controller', 'good')),
      ),
      loaded(details, (data) => [
        h(
          'div',
          { class: 'panels', key: 'panels' },
          facts([
            ['Address', h('span', { class: 'mono' }, `${data.host}:${data.port}`)],
            ['Rack', data.rack ?? format.NONE],
            ['Listeners', data.endpoints.map((endpoint) => h('div', { class: 'mono', key: endpoint }, endpoint))],
          ]),
          apis(data),
        ),
        section('Log dirs', dirTable(data)),
        section('Configs', configTable(page, 'broker-configs', `Configs of broker ${id}`, data.configs)),
      ]),
    ],
    leave: () => feeds.stop(),
  };
}

const apis = ({ apis: all }: BrokerDetails): VNode =>
  h(
    'details',
    { class: 'note', key: 'apis' },
    h('summary', null, `Speaks ${format.counted(all.length, 'API')}`),
    h(
      'ul',
      { class: 'apis' },
      all.map(({ key, name, min, max }) =>
        h(
          'li',
          { key },
          h('span', null, name),
          ' ',
          h('span', { class: 'absent' }, min === max ? `v${min}` : `v${min}–${max}`),
        ),
      ),
    ),
  );

function dirTable({ id, logDirs }: BrokerDetails): VNode {
  return table<LogDir>(
    {
      id: 'log-dirs',
      label: `Log dirs of broker ${id}`,
      keyOf: ({ path }) => path,
      sorting: { by: 'path', isDescending: false },
      whenEmpty: empty('It names no log dir.'),
      columns: [
        {
          id: 'path',
          title: 'Path',
          sort: ({ path }) => path,
          cell: ({ path }) => h('span', { class: 'mono', title: path }, path),
        },
        {
          id: 'state',
          title: 'State',
          width: '17rem',
          narrowWidth: '7rem',
          sort: ({ error }) => error,
          cell: ({ error }) => (error ? status('bad', error) : status('good', 'Works')),
        },
        {
          id: 'replicas',
          title: 'Replicas',
          width: '7.5rem',
          isMinor: true,
          isNumeric: true,
          sort: ({ replicas }) => replicas,
          cell: ({ replicas }) => number(replicas),
        },
        {
          id: 'bytes',
          title: 'Logs',
          width: '8rem',
          narrowWidth: '6.5rem',
          isNumeric: true,
          sort: ({ bytes }) => bytes,
          cell: ({ bytes }) => number(bytes, format.bytes),
        },
        {
          id: 'disk',
          title: 'Disk used',
          width: '16rem',
          isNumeric: true,
          isMinor: true,
          sort: ({ totalBytes, usableBytes }) =>
            totalBytes === null || usableBytes === null ? null : totalBytes - usableBytes,
          cell: ({ totalBytes, usableBytes }) =>
            totalBytes === null || usableBytes === null
              ? format.NONE
              : [
                  bar(totalBytes - usableBytes, totalBytes, usableBytes < totalBytes / 10 ? 'bad' : 'calm'),
                  `${format.bytes(usableBytes)} free`,
                ],
        },
      ],
    },
    logDirs,
  );
}
