import type { Config, TopicDetails } from '../../src/api';
import type {
  AddPartitions,
  AlterConfigs,
  CreateTopic,
  DeleteTopic,
  Done,
  Produced,
  ProduceMessage,
} from '../../src/api-changes';
import { h } from '../dom';
import * as format from '../format';
import { facts } from '../parts';
import { topicHref } from '../route';
import type { Page } from '../view';
import { choice, confirmation, openChange, textField } from './change-dialog';
import { parseConfigs, parseHeaders } from './parse';

const pathOf = (topic: string): string => `/api/topics/${encodeURIComponent(topic)}`;
const isWhole = (text: string): boolean => /^[1-9]\d{0,8}$/.test(text);
const mono = (text: string) => h('bdi', { class: 'mono' }, text);

export function createTopic(page: Page): void {
  const [nameField, partitionsField, factorField, configsField] = [textField(), textField(), textField(), textField()];
  let [name, partitions, factor, configs] = ['', '', '', ''];
  openChange(page, {
    title: 'Create a topic',
    verb: 'Create',
    edit: () => [
      nameField({
        label: 'Name',
        value: name,
        change: (text) => {
          name = text;
          page.invalidate();
        },
      }),
      partitionsField({
        label: 'Partitions',
        value: partitions,
        placeholder: "the broker's default",
        isNumeric: true,
        change: (text) => {
          partitions = text;
          page.invalidate();
        },
      }),
      factorField({
        label: 'Copies of each',
        value: factor,
        placeholder: "the broker's default",
        isNumeric: true,
        change: (text) => {
          factor = text;
          page.invalidate();
        },
      }),
      configsField({
        label: 'Configs',
        value: configs,
        isLong: true,
        placeholder: 'retention.ms=3600000',
        hint: 'One name=value in each line.',
        change: (text) => {
          configs = text;
          page.invalidate();
        },
      }),
    ],
    problem: () => {
      if (name === '') return 'It needs a name.';
      if ([partitions, factor].some((text) => text !== '' && !isWhole(text)))
        return 'Partitions and copies are whole numbers.';
      return parseConfigs(configs) === null ? 'Configs are lines of name=value.' : null;
    },
    review: () =>
      facts([
        ['Topic', mono(name)],
        ['Partitions', partitions || "the broker's default"],
        ['Copies of each', factor || "the broker's default"],
        ...Object.entries(parseConfigs(configs)!).map(([key, value]) => [key, mono(value)] as const),
      ]),
    apply: async () => {
      const body: CreateTopic = {
        name,
        partitions: partitions === '' ? undefined : Number(partitions),
        replicationFactor: factor === '' ? undefined : Number(factor),
        configs: parseConfigs(configs)!,
      };
      await page.change<Done>('/api/topics', body);
      page.go(topicHref(name, 'partitions'));
      return `Topic ${name} was created.`;
    },
  });
}

export function deleteTopic(page: Page, { name, records }: TopicDetails): void {
  const field = textField();
  let typed = '';
  openChange(page, {
    title: `Delete ${name}`,
    verb: `Delete ${name}`,
    isDanger: true,
    edit: () => [
      h(
        'p',
        null,
        'The topic and everything in it will be gone: ',
        format.count(records),
        ' records. Nothing brings them back.',
      ),
      field({
        label: `Type ${name} to go on`,
        value: typed,
        change: (text) => {
          typed = text;
          page.invalidate();
        },
      }),
    ],
    problem: () => confirmation('topic', name, typed),
    review: () => h('p', null, 'Delete ', mono(name), ' with ', format.count(records), ' records, now.'),
    apply: async () => {
      await page.change<Done>(`${pathOf(name)}/delete`, { confirm: typed } satisfies DeleteTopic);
      page.go('#/topics');
      return `Topic ${name} was deleted.`;
    },
  });
}

export function addPartitions(page: Page, { name, partitions }: TopicDetails, done: () => void): void {
  const field = textField();
  let total = String(partitions + 1);
  openChange(page, {
    title: `Add partitions to ${name}`,
    verb: 'Add partitions',
    edit: () => [
      field({
        label: 'Partitions in all',
        value: total,
        isNumeric: true,
        hint: `It has ${partitions} now. Keys may go to other partitions than before, and partitions cannot be taken away again.`,
        change: (text) => {
          total = text;
          page.invalidate();
        },
      }),
    ],
    problem: () => (isWhole(total) && Number(total) > partitions ? null : `More than ${partitions}.`),
    review: () =>
      h('p', null, mono(name), `: from ${format.counted(partitions, 'partition')} to ${format.count(Number(total))}.`),
    apply: async () => {
      await page.change<Done>(`${pathOf(name)}/partitions`, { total: Number(total) } satisfies AddPartitions);
      done();
      return `${name} has ${format.counted(Number(total), 'partition')}.`;
    },
  });
}

export function alterConfig(page: Page, topic: string, config: Config, done: () => void): void {
  const field = textField();
  let value = config.value ?? '';
  let isReset = false;
  openChange(page, {
    title: `Change ${config.name}`,
    verb: 'Change',
    edit: () => [
      config.documentation !== null && h('p', { class: 'hint' }, config.documentation),
      !config.isDefault &&
        choice(
          'To',
          isReset ? 'default' : 'value',
          [
            ['value', 'a value'],
            ['default', 'its default'],
          ],
          (kind) => {
            isReset = kind === 'default';
            page.invalidate();
          },
        ),
      !isReset &&
        field({
          label: `Value (${config.type.toLowerCase()})`,
          value,
          change: (text) => {
            value = text;
            page.invalidate();
          },
        }),
    ],
    problem: () => (!isReset && value === config.value && !config.isDefault ? 'It has this value.' : null),
    review: () =>
      facts([
        ['Topic', mono(topic)],
        ['Setting', mono(config.name)],
        ['Now', config.value === null ? format.NONE : mono(config.value)],
        ['Then', isReset ? 'the default' : mono(value)],
      ]),
    apply: async () => {
      await page.change<Done>(`${pathOf(topic)}/configs`, {
        set: { [config.name]: isReset ? null : value },
      } satisfies AlterConfigs);
      done();
      return `${config.name} of ${topic} was changed.`;
    },
  });
}

export function produceMessage(page: Page, { name, partitionList }: TopicDetails): void {
  const [keyField, valueField, headersField] = [textField(), textField(), textField()];
  let [partition, key, value, headers, kind] = ['', '', '', '', 'text'];
  openChange(page, {
    title: `Produce to ${name}`,
    verb: 'Produce',
    edit: () => [
      choice(
        'Partition',
        partition,
        [['', 'as the key says'], ...partitionList.map((it) => [String(it.partition), String(it.partition)] as const)],
        (id) => {
          partition = id;
          page.invalidate();
        },
      ),
      keyField({
        label: 'Key',
        value: key,
        placeholder: 'none',
        change: (text) => {
          key = text;
          page.invalidate();
        },
      }),
      choice(
        'Value',
        kind,
        [
          ['text', 'a text'],
          ['tombstone', 'none: a tombstone'],
        ],
        (next) => {
          kind = next;
          page.invalidate();
        },
      ),
      kind === 'text' &&
        valueField({
          label: 'Text',
          value,
          isLong: true,
          change: (text) => {
            value = text;
            page.invalidate();
          },
        }),
      headersField({
        label: 'Headers',
        value: headers,
        isLong: true,
        placeholder: 'trace=42',
        hint: 'One name=value in each line.',
        change: (text) => {
          headers = text;
          page.invalidate();
        },
      }),
    ],
    problem: () => {
      if (kind === 'tombstone' && key === '') return 'A tombstone needs a key.';
      return parseHeaders(headers) === null ? 'Headers are lines of name=value.' : null;
    },
    review: () =>
      facts([
        ['Topic', mono(name)],
        ['Partition', partition || 'as the key says'],
        ['Key', key === '' ? 'none' : mono(key)],
        ['Value', kind === 'tombstone' ? 'none: a tombstone' : mono(format.preview(value))],
        ['Headers', format.count(parseHeaders(headers)!.length)],
      ]),
    apply: async () => {
      const body: ProduceMessage = {
        partition: partition === '' ? undefined : Number(partition),
        key: key === '' ? null : key,
        value: kind === 'tombstone' ? null : value,
        headers: parseHeaders(headers)!,
      };
      const at = await page.change<Produced>(`${pathOf(name)}/messages`, body);
      return `Produced to partition ${at.partition}, offset ${format.count(at.offset)}.`;
    },
  });
}
