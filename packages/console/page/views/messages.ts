import type { MessageRecord, Payload, SearchProgress } from '../../src/api';
import { type Child, h, type VNode } from '../dom';
import * as format from '../format';
import { badge, empty, failure, status, type Tone } from '../parts';
import { formatQuery, type Query, topicHref } from '../route';
import { formOf, isSearch, type Problems, queryOf, type SearchForm } from '../search-form';
import { focusKey, table } from '../table';
import { KEEP, Tail, type TailState } from '../tail';
import type { Page } from '../view';
import { searchFields } from './messages-form';
import { recordPanel } from './record-panel';

/** Live tail and search of a topic's messages. */
export class Messages {
  private form: SearchForm;
  /** The form as it was when the search began: what is typed since then counts with the next one. */
  private asked: SearchForm;
  private problems: Problems = {};
  private tail: Tail;
  /** In the order in which they came. */
  private records: MessageRecord[] = [];
  private isPaused = false;
  private opened: MessageRecord | undefined;
  private query: Query;

  constructor(
    private readonly page: Page,
    private readonly topic: string,
    query: Query,
  ) {
    this.query = query;
    this.form = formOf(query);
    this.asked = this.form;
    this.tail = this.start();
  }

  /** Another search, as the address says. */
  follow(query: Query): void {
    this.query = query;
    this.form = formOf(query);
    this.restart();
  }

  stop(): void {
    this.tail.stop();
  }

  /** Holds the list still, or lets it go on. */
  pause(): void {
    if (!this.isRunning) return;
    if (this.isHeld) {
      this.release();
      return;
    }
    this.isPaused = true;
    this.page.invalidate();
  }

  /** Closes the record that is open. */
  close(): boolean {
    if (!this.opened) return false;
    // What had the focus goes: whoever read goes on in the list.
    if (document.activeElement?.closest('.panel')) focusKey('messages', keyOfRecord(this.opened));
    this.opened = undefined;
    this.page.invalidate();
    return true;
  }

  render(partitions: readonly number[]): VNode {
    this.takeIn();
    return h(
      'div',
      null,
      searchFields({
        form: this.form,
        problems: this.problems,
        partitions,
        change: (change) => {
          this.form = { ...this.form, ...change };
          this.page.invalidate();
        },
        submit: () => this.submit(),
      }),
      this.statusLine(),
      this.tail.failure && failure(this.tail.failure),
      h(
        'div',
        { class: this.opened ? 'reading with-panel' : 'reading' },
        this.list(),
        this.opened &&
          recordPanel({
            record: this.opened,
            topic: this.topic,
            close: () => this.close(),
            say: this.page.say,
          }),
      ),
    );
  }

  private submit(): void {
    const result = queryOf(this.form, Date.now());
    if ('problems' in result) {
      this.problems = result.problems;
      this.page.invalidate();
      return;
    }
    this.problems = {};
    if (formatQuery(result.query) === formatQuery(this.query)) this.restart();
    else this.page.go(topicHref(this.topic, 'messages', result.query));
  }

  private restart(): void {
    this.tail.stop();
    this.records = [];
    this.opened = undefined;
    this.isPaused = false;
    this.tail = this.start();
    this.page.invalidate();
  }

  private start(): Tail {
    this.asked = this.form;
    const asked = queryOf(this.form, Date.now());
    // An address may ask for more than the form shows, such as two headers; and for what is wrong, which the console will say.
    const query = !isSearch(this.query) && 'query' in asked ? asked.query : this.query;
    const path = `/api/topics/${encodeURIComponent(this.topic)}/messages`;
    return new Tail(path, query, this.page.invalidate, (isThere) => this.page.connection.heard(isThere));
  }

  private get isNewestFirst(): boolean {
    return this.asked.follow || this.asked.from === 'last';
  }

  /** More may come. */
  private get isRunning(): boolean {
    return ['reading', 'following', 'lost', 'resting'].includes(this.tail.state);
  }

  /** Whoever has scrolled down, or stands on a row, reads: what comes above would push it away, and the focus with it. */
  private get isHeld(): boolean {
    if (!this.isRunning) return false;
    if (this.isPaused) return true;
    const list = document.getElementById('table-messages');
    if (!this.isNewestFirst || list === null) return false;
    return list.getBoundingClientRect().top < 0 || focusedRow(list) !== null;
  }

  private takeIn(): void {
    if (this.isHeld) return;
    this.records.push(...this.tail.take());
    if (this.asked.follow && this.records.length > KEEP) this.records = this.records.slice(-KEEP);
  }

  private list(): VNode {
    const nowMs = Date.now();
    return table<MessageRecord>(
      {
        id: 'messages',
        label: `Messages of ${this.topic}`,
        keyOf: keyOfRecord,
        open: (record) => {
          this.opened = this.opened === record ? undefined : record;
          this.page.invalidate();
        },
        isOpen: (record) => this.opened !== undefined && keyOfRecord(this.opened) === keyOfRecord(record),
        moved: (record) => {
          if (this.opened) this.opened = record;
        },
        sorting: { by: '', isDescending: false },
        isOrdered: true,
        isNarrow: this.opened !== undefined,
        whenEmpty: this.whenEmpty(),
        columns: [
          {
            id: 'offset',
            title: 'Offset',
            width: '7.5rem',
            isNumeric: true,
            cell: ({ offset }) => h('span', { class: 'number' }, format.count(offset)),
          },
          {
            id: 'partition',
            title: 'Partition',
            width: '7.5rem',
            isNumeric: true,
            isMinor: true,
            cell: ({ partition }) => String(partition),
          },
          {
            id: 'time',
            title: 'Time',
            width: '9.5rem',
            cell: ({ timestamp }) =>
              h('time', { class: 'mono', title: format.dateTime(timestamp) }, format.when(timestamp, nowMs)),
          },
          { id: 'key', title: 'Key', width: this.opened ? '16%' : '20%', cell: ({ key }) => short(key, 'no key') },
          { id: 'value', title: 'Value', cell: ({ value }) => short(value, 'tombstone') },
          {
            id: 'headers',
            title: 'Headers',
            width: '12%',
            isMinor: true,
            cell: ({ headers }) => headers.map(({ key }) => key).join(', '),
          },
        ],
      },
      this.isNewestFirst ? this.records.toReversed() : this.records,
    );
  }

  private whenEmpty(): Child {
    const texts: Readonly<Record<TailState, string>> = {
      reading: 'Reading…',
      following: 'Nothing has come yet. What is produced from now on appears here.',
      done: 'No message matches.',
      failed: 'The search failed.',
      lost: 'The connection was lost.',
      resting: 'Resting while nobody looks.',
      stopped: 'Stopped before anything was found.',
    };
    return empty(texts[this.tail.state]);
  }

  private statusLine(): VNode {
    const { tail } = this;
    const { progress, state } = tail;
    const held = this.isHeld ? tail.waitingCount : 0;
    const { isRunning } = this;
    const lost = (progress?.dropped ?? 0) + tail.overflown;
    return h(
      'div',
      { class: 'search-status', key: 'status' },
      h('span', { role: 'status' }, this.stateText()),
      progress && h('span', { class: 'number' }, progressText(progress, state)),
      state === 'reading' && progress && progress.total !== null && progressBar(progress.scanned, progress.total),
      progress !== undefined &&
        progress.unavailable.length > 0 &&
        status('bad', `not read, without a leader: ${format.ranges(progress.unavailable)}`),
      lost > 0 && status('warn', `${format.count(lost)} left out: more came than can be shown`),
      h(
        'span',
        { class: 'tools' },
        held > 0 &&
          h(
            'button',
            { type: 'button', class: 'fresh', key: 'held', on: { click: () => this.release() } },
            `Show ${format.count(held)} new`,
          ),
        isRunning &&
          h(
            'button',
            { type: 'button', key: 'pause', 'aria-keyshortcuts': 'p', on: { click: () => this.pause() } },
            this.isHeld ? 'Go on' : 'Pause',
          ),
        isRunning && h('button', { type: 'button', key: 'stop', on: { click: () => this.stop() } }, 'Stop'),
      ),
    );
  }

  private release(): void {
    this.isPaused = false;
    focusedRow(document.getElementById('table-messages'))?.blur();
    window.scrollTo({ top: 0, behavior: 'instant' });
    this.page.invalidate();
  }

  private stateText(): VNode {
    const { state, doneReason } = this.tail;
    if (this.isPaused && this.isRunning) return status('warn', 'Paused');
    if (state === 'done' && doneReason === 'limit') return status('good', 'Limit reached');
    if (state !== 'following') return status(...STATES[state]);
    return h('span', { class: 'status good' }, h('span', { class: 'live-dot', 'aria-hidden': 'true' }), 'Live');
  }
}

const STATES: Readonly<Record<Exclude<TailState, 'following'>, readonly [Tone, string]>> = {
  reading: ['calm', 'Reading'],
  done: ['good', 'Everything was read'],
  failed: ['bad', 'Failed'],
  lost: ['warn', 'Connection lost'],
  resting: ['calm', 'Resting'],
  stopped: ['calm', 'Stopped'],
};

/** What of a row in this list has the focus. */
const focusedRow = (list: HTMLElement | null): HTMLElement | null =>
  list?.querySelector<HTMLElement>('[data-handle]:focus') ?? null;

function progressText({ scanned, matched, total }: SearchProgress, state: TailState): string {
  const of = state === 'reading' && total !== null ? ` of ${format.count(total)}` : '';
  return `read ${format.count(scanned)}${of}, ${format.count(matched)} ${matched === 1 ? 'match' : 'matches'}`;
}

const keyOfRecord = ({ partition, offset }: MessageRecord): string => `${partition}-${offset}`;

function progressBar(scanned: number, total: number): VNode {
  const percent = total === 0 ? 100 : Math.min(100, Math.round((scanned / total) * 100));
  return h(
    'span',
    {
      class: 'progress',
      role: 'progressbar',
      'aria-label': 'Read so far',
      'aria-valuemin': 0,
      'aria-valuemax': 100,
      'aria-valuenow': percent,
    },
    h('span', { style: { width: `${percent}%` } }),
  );
}

/** One line of a payload. */
function short(payload: Payload | null, absent: string): Child {
  if (payload === null) return h('span', { class: 'absent' }, absent);
  if (payload.bytes === 0) return h('span', { class: 'absent' }, 'empty');
  const text = h('bdi', { class: 'mono' }, format.preview(payload.data));
  return payload.encoding === 'base64' ? [badge('binary'), text] : text;
}
