import { type Child, h, type VNode } from '../dom';
import { FROM, type From, fromValueOf, type Problems, type SearchForm } from '../search-form';

/** The fields of a search; `change` for what is typed, `submit` for Enter. */
export interface SearchFields {
  readonly form: SearchForm;
  readonly problems: Problems;
  readonly partitions: readonly number[];
  readonly change: (change: Partial<SearchForm>) => void;
  readonly submit: () => void;
}

const FROM_TEXTS: Readonly<Record<From, string>> = {
  last: 'newest',
  beginning: 'beginning',
  end: 'now on',
  offset: 'offset',
  time: 'time',
};

type TextField = 'fromValue' | 'until' | 'key' | 'value' | 'header' | 'limit';

export function searchFields(fields: SearchFields): VNode {
  const { form, problems, partitions, change, submit } = fields;
  const text = (
    name: TextField,
    label: string,
    placeholder: string,
    more: Readonly<Record<string, string>> = {},
  ): VNode =>
    h('input', {
      type: 'text',
      placeholder,
      'aria-label': label,
      'aria-invalid': problems[name] ? 'true' : undefined,
      'aria-describedby': problems[name] ? `problem-${name}` : undefined,
      autocomplete: 'off',
      spellcheck: 'false',
      value: form[name],
      on: { input: (event) => change({ [name]: (event.target as HTMLInputElement).value }) },
      ...more,
    });
  const check = (name: 'follow' | 'isRegex' | 'committed', label: string, title: string): VNode =>
    h(
      'label',
      { class: 'check', title },
      h('input', {
        type: 'checkbox',
        checked: form[name],
        on: { change: (event) => change({ [name]: (event.target as HTMLInputElement).checked }) },
      }),
      label,
    );
  const hasValue = form.from !== 'beginning' && form.from !== 'end';
  return h(
    'form',
    {
      class: 'search',
      role: 'search',
      'aria-label': 'Search messages',
      key: 'search',
      on: {
        submit: (event) => {
          event.preventDefault();
          submit();
        },
      },
    },
    field(
      'From',
      'from',
      problems.fromValue && problem('fromValue', problems.fromValue),
      h(
        'select',
        {
          'aria-label': 'From',
          value: form.from,
          on: {
            change: (event) => {
              const from = (event.target as HTMLSelectElement).value as From;
              change({ from, fromValue: fromValueOf(from) });
            },
          },
        },
        FROM.map((name) => h('option', { key: name, value: name }, FROM_TEXTS[name])),
      ),
      hasValue && text('fromValue', 'From which', form.from === 'time' ? '15m, 14:03, 2026-11-21 14:03' : ''),
    ),
    field('Until', 'until', problem('until', problems.until), text('until', 'Until', 'no end')),
    field(
      'Partition',
      'partition',
      null,
      h(
        'select',
        {
          'aria-label': 'Partition',
          value: form.partition,
          on: { change: (event) => change({ partition: (event.target as HTMLSelectElement).value }) },
        },
        h('option', { value: '', key: 'all' }, 'all'),
        partitions.map((id) => h('option', { key: id, value: String(id) }, String(id))),
      ),
    ),
    field('Key', 'key', null, text('key', 'Key is', 'is exactly')),
    field(
      'Value',
      'value',
      problem('value', problems.value),
      text('value', 'Value contains', form.isRegex ? 'matches' : 'contains', { class: 'filter' }),
      check('isRegex', 'regex', 'The value matches a regular expression'),
    ),
    field('Header', 'header', null, text('header', 'Header', 'name or name=value')),
    field(
      'Limit',
      'limit',
      problem('limit', problems.limit),
      text('limit', 'Limit', form.follow ? 'none' : '500', { inputmode: 'numeric' }),
    ),
    h(
      'div',
      { class: 'field go', key: 'go' },
      check('follow', 'Follow', 'Goes on with what comes'),
      check('committed', 'Committed', 'Nothing of aborted or open transactions'),
      h('button', { type: 'submit', class: 'primary' }, 'Search'),
    ),
  );
}

const field = (label: string, name: string, wrong: Child, ...controls: readonly Child[]): VNode =>
  h(
    'div',
    { class: `field ${name}`, key: name },
    h('span', { class: 'label', 'aria-hidden': 'true' }, label),
    h('span', { class: 'controls' }, controls),
    wrong,
  );

const problem = (name: string, text: string | undefined): Child =>
  text !== undefined && h('span', { class: 'problem', id: `problem-${name}` }, text);
