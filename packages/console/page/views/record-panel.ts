import type { MessageRecord, Payload } from '../../src/api';
import { copyText } from '../clipboard';
import { type Child, h, type VNode } from '../dom';
import * as format from '../format';
import { prettyJson } from '../json';
import { badge, facts } from '../parts';
import { topicHref } from '../route';

export interface RecordPanel {
  readonly record: MessageRecord;
  readonly topic: string;
  readonly close: () => void;
  readonly say: (text: string) => void;
}

/** Colours cost an element each: longer texts have none. */
const COLOURED_LENGTH = 100_000;

/** One record in full: key, headers, value as it came and made readable. */
export function recordPanel({ record, topic, close, say }: RecordPanel): VNode {
  const { partition, offset, timestamp, timestampType, key, value, headers } = record;
  const copy = (what: string, text: string): VNode =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        key: what,
        on: {
          click: () =>
            void copyText(text).then((isCopied) =>
              say(isCopied ? `Copied the ${what}.` : `The browser did not let the ${what} be copied.`),
            ),
        },
      },
      `Copy ${what}`,
    );
  const link = (): string => {
    const query = { partition: [String(partition)], from: [`offset:${offset}`], limit: ['1'] };
    return new URL(topicHref(topic, 'messages', query), window.location.href).href;
  };
  return h(
    'aside',
    { class: 'panel', key: 'panel', 'aria-label': 'Message' },
    h(
      'header',
      null,
      h('h2', null, `Partition ${partition}, offset ${format.count(offset)}`),
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': 'Close', 'aria-keyshortcuts': 'Escape', on: { click: close } },
        '×',
      ),
    ),
    facts([
      [
        'Time',
        [
          h('time', { class: 'mono' }, timestampType === 'NoTimestampType' ? format.NONE : format.dateTime(timestamp)),
          h('span', { class: 'absent' }, ` ${timestampType}`),
        ],
      ],
      ['Key', payloadText(key, 'no key')],
    ]),
    headers.length > 0 && headerTable(headers),
    h(
      'div',
      { class: 'payload-head', key: 'value-head' },
      h('h3', null, 'Value'),
      value && h('span', { class: 'absent' }, format.bytes(value.bytes)),
      value?.encoding === 'base64' && badge('binary, as base64'),
      value?.isCut && badge(`the first ${format.bytes(64 * 1_024)} of it`, 'warn'),
    ),
    value === null ? h('p', { class: 'absent', key: 'value' }, 'A tombstone: no value.') : payloadBlock(value),
    h(
      'div',
      { class: 'actions', key: 'copies' },
      value && copy('value', value.data),
      key && copy('key', key.data),
      copy('record', JSON.stringify(record, null, 2)),
      copy('link', link()),
    ),
  );
}

function payloadText(payload: Payload | null, absent: string): Child {
  if (payload === null) return h('span', { class: 'absent' }, absent);
  if (payload.bytes === 0) return h('span', { class: 'absent' }, 'empty');
  return [
    h('bdi', { class: 'mono all' }, payload.data),
    payload.encoding === 'base64' && badge('base64'),
    payload.isCut && badge('cut', 'warn'),
  ];
}

const headerTable = (headers: MessageRecord['headers']): VNode =>
  h(
    'table',
    { class: 'headers', key: 'headers', 'aria-label': 'Headers' },
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Header'), h('th', { scope: 'col' }, 'Value'))),
    h(
      'tbody',
      null,
      headers.map(({ key, value }, i) =>
        h('tr', { key: i }, h('td', null, h('bdi', { class: 'mono' }, key)), h('td', null, payloadText(value, 'null'))),
      ),
    ),
  );

/** A text as it is, or pretty where it is JSON. */
export function payloadBlock({ data, encoding, bytes }: Pick<Payload, 'data' | 'encoding' | 'bytes'>): VNode {
  if (bytes === 0) return h('p', { class: 'absent', key: 'value' }, 'Empty.');
  const tokens = encoding === 'utf8' && data.length <= COLOURED_LENGTH ? prettyJson(data) : null;
  return h(
    'pre',
    { class: 'payload', key: 'value', tabindex: '0', 'aria-label': 'Value' },
    tokens
      ? tokens.map(({ kind, text }) => (kind === 'plain' ? text : h('span', { class: `json-${kind}` }, text)))
      : data,
  );
}
