import { type QuotaEntity, QuotaTable } from './quota-table';

/** The eight levels, the most specific first, with the tags that Kafka counts usage under. */
const LEVELS: readonly (readonly [QuotaEntity, tags: { user: string; clientId: string }])[] = [
  [
    { user: 'u', clientId: 'c' },
    { user: 'u', clientId: 'c' },
  ],
  [
    { user: 'u', clientId: null },
    { user: 'u', clientId: 'c' },
  ],
  [{ user: 'u' }, { user: 'u', clientId: '' }],
  [
    { user: null, clientId: 'c' },
    { user: 'u', clientId: 'c' },
  ],
  [
    { user: null, clientId: null },
    { user: 'u', clientId: 'c' },
  ],
  [{ user: null }, { user: 'u', clientId: '' }],
  [{ clientId: 'c' }, { user: '', clientId: 'c' }],
  [{ clientId: null }, { user: '', clientId: 'c' }],
];
const OTHERS: readonly QuotaEntity[] = [
  { user: 'v' },
  { user: 'v', clientId: 'c' },
  { user: 'u', clientId: 'd' },
  { user: null, clientId: 'd' },
  { clientId: 'd' },
];

const lookUp = (table: QuotaTable) => {
  const tags = table.tagsOf('u', 'c');
  return [tags, table.limitOf(tags)] as const;
};

test.each(LEVELS.map((level, index) => [index + 1, ...level] as const))(
  'level %i applies where none above it is set',
  (level, _, tags) => {
    const table = new QuotaTable();
    for (const entity of OTHERS) table.set(entity, 1000);
    for (const [index, [entity]] of LEVELS.entries()) if (index + 1 >= level) table.set(entity, index + 1);
    expect(lookUp(table)).toEqual([tags, level]);
  },
);

test('taking levels back one by one goes down the list, and ends without a limit', () => {
  const table = new QuotaTable();
  for (const [index, [entity]] of LEVELS.entries()) table.set(entity, index);
  for (const [index, [entity, tags]] of LEVELS.entries()) {
    expect(lookUp(table)).toEqual([tags, index]);
    table.set(entity, undefined);
  }
  expect(lookUp(table)).toEqual([{ user: '', clientId: 'c' }, Number.POSITIVE_INFINITY]);
  expect(table.isEmpty).toBe(true);
});

test('a client without a name is held to its user’s quota only', () => {
  const table = new QuotaTable();
  table.set({ clientId: null }, 1);
  expect(table.limitOf(table.tagsOf('u', ''))).toBe(Number.POSITIVE_INFINITY);
  table.set({ user: null, clientId: null }, 2);
  expect(table.limitOf(table.tagsOf('u', ''))).toBe(Number.POSITIVE_INFINITY);
  table.set({ user: 'u' }, 3);
  expect(table.limitOf(table.tagsOf('u', ''))).toBe(3);
});
