import type { Elected, ElectLeaders } from '../../src/api-changes';
import { h } from '../dom';
import * as format from '../format';
import type { Page } from '../view';
import { openChange } from './change-dialog';

/** Every partition is led by its preferred replica again, where that is in sync. */
export function electLeaders(page: Page): void {
  openChange(page, {
    title: 'Elect preferred leaders',
    verb: 'Elect',
    edit: () => h('p', null, 'Each partition whose first replica is in sync, but does not lead, is led by it again.'),
    review: () => h('p', null, 'Elect the preferred leaders of all partitions, now.'),
    apply: async () => {
      const { elected, failed } = await page.change<Elected>('/api/elections', {} satisfies ElectLeaders);
      const first = failed[0];
      const trouble = first
        ? `; ${format.count(failed.length)} could not be (${first.topic}-${first.partition}: ${first.error})`
        : '';
      return `${format.counted(elected.length, 'leader')} elected${trouble}.`;
    },
  });
}
