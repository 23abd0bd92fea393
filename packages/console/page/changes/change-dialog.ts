import type { ErrorAnswer } from '../../src/api';
import { type Child, h, type Props, type VNode } from '../dom';
import { Refusal } from '../http';
import { failure } from '../parts';
import type { Page } from '../view';

/** A change of the cluster: what is wanted is filled in, then read once more in words, and only then done. */
export interface Change {
  readonly title: string;
  /** Of the button that does it. */
  readonly verb: string;
  readonly isDanger?: boolean;
  /** The fields. */
  readonly edit: () => Child;
  /** What keeps it from going on; null: nothing. */
  readonly problem?: () => string | null;
  /** What will be done. May ask the cluster, and throw what it says. */
  readonly review: () => Child | Promise<Child>;
  /** Does it; says what was done. */
  readonly apply: () => Promise<string>;
}

/** `editing` → `checking` → `confirming` → `doing` → closed; a failure leads back to `editing`. */
type Step = 'editing' | 'checking' | 'confirming' | 'doing';

export function openChange(page: Page, change: Change): void {
  let step: Step = 'editing';
  let review: Child = null;
  let wrong: ErrorAnswer | undefined;

  const attempt = async (during: Step, work: () => Promise<Step | 'closed'>): Promise<void> => {
    step = during;
    wrong = undefined;
    page.invalidate();
    try {
      const next = await work();
      if (next === 'closed') page.closeDialog();
      else step = next;
    } catch (error) {
      wrong = errorOf(error);
      step = 'editing';
    }
    page.invalidate();
  };
  const check = (): Promise<void> =>
    attempt('checking', async () => {
      review = await change.review();
      return 'confirming';
    });
  const apply = (): Promise<void> =>
    attempt('doing', async () => {
      page.say(await change.apply());
      return 'closed';
    });
  const back = (): void => {
    step = 'editing';
    page.invalidate();
  };

  page.openDialog({
    title: change.title,
    render: () => {
      const isSecond = step === 'confirming' || step === 'doing';
      const problem = change.problem?.() ?? null;
      return h(
        'form',
        {
          method: 'dialog',
          on: {
            submit: (event) => {
              event.preventDefault();
              if (step === 'editing' && problem === null) void check();
              else if (step === 'confirming') void apply();
            },
          },
        },
        wrong && failure(wrong),
        isSecond
          ? h('div', { key: 'review', class: 'review' }, review)
          : h('div', { key: 'edit', class: 'fields' }, change.edit()),
        h(
          'footer',
          { key: 'footer' },
          h('span', { class: 'problem', role: 'status' }, isSecond ? null : problem),
          isSecond
            ? button('Back', back, { key: 'back', mounted: change.isDanger ? focus : undefined })
            : button('Cancel', page.closeDialog, { key: 'cancel' }),
          isSecond
            ? h(
                'button',
                {
                  key: 'do',
                  type: 'submit',
                  class: change.isDanger ? 'danger primary' : 'primary',
                  disabled: step === 'doing',
                  mounted: change.isDanger ? undefined : focus,
                },
                step === 'doing' ? 'Working…' : change.verb,
              )
            : h(
                'button',
                { key: 'check', type: 'submit', class: 'primary', disabled: problem !== null || step === 'checking' },
                step === 'checking' ? 'Checking…' : 'Review…',
              ),
        ),
      );
    },
  });
}

/** Where a second Enter, struck too soon, would do no harm. */
const focus = (element: HTMLElement): void => element.focus();

const button = (text: string, click: () => void, props: Props): VNode =>
  h('button', { type: 'button', ...props, on: { click } }, text);

function errorOf(error: unknown): ErrorAnswer {
  if (error instanceof Refusal) return error.answer;
  return { error: 'The console does not answer. Whether the change was made is not known.' };
}

export interface FieldOptions {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isNumeric?: boolean;
  readonly isLong?: boolean;
}

let ids = 0;

/** A labelled input that is told what is typed. Made once per dialog: its id stays. */
export function textField(): (options: FieldOptions) => VNode {
  const id = `field-${++ids}`;
  return ({ label, value, change, hint, placeholder, isNumeric, isLong }) =>
    h(
      'div',
      { class: 'labelled', key: id },
      h('label', { for: id }, label),
      h(isLong ? 'textarea' : 'input', {
        id,
        type: isLong ? undefined : 'text',
        rows: isLong ? 4 : undefined,
        inputmode: isNumeric ? 'numeric' : undefined,
        placeholder,
        value,
        autocomplete: 'off',
        spellcheck: 'false',
        'aria-describedby': hint ? `${id}-hint` : undefined,
        on: { input: (event) => change((event.target as HTMLInputElement).value) },
      }),
      hint !== undefined && h('p', { class: 'hint', id: `${id}-hint` }, hint),
    );
}

/** A labelled choice. */
export function choice(
  label: string,
  value: string,
  options: readonly (readonly [value: string, text: string])[],
  change: (value: string) => void,
): VNode {
  return h(
    'label',
    { class: 'labelled', key: label },
    h('span', null, label),
    h(
      'select',
      { value, on: { change: (event) => change((event.target as HTMLSelectElement).value) } },
      options.map(([key, text]) => h('option', { key, value: key }, text)),
    ),
  );
}

/** The name has to be typed once more: nothing is deleted by a slip. */
export const confirmation = (what: string, name: string, typed: string): string | null =>
  typed === name ? null : `Type the ${what}'s name to go on.`;
