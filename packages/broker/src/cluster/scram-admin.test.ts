import { type ScramDeletion, type ScramUpsertion, scramChanges } from './scram-admin';

const upsert = (name: string, mechanism = 1, iterations = 4096): ScramUpsertion => ({
  name,
  mechanism,
  iterations,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.from('password'),
});

const refusals = (deletions: ScramDeletion[], upsertions: ScramUpsertion[]) =>
  scramChanges(deletions, upsertions).map(({ user, refusal }) => [user, refusal?.errorMessage ?? null]);

test('changes are gathered by user', () => {
  const [first, second] = [upsert('a'), upsert('a', 2)];
  const deletion = { name: 'b', mechanism: 1 };
  expect(scramChanges([deletion], [first, second])).toEqual([
    { user: 'b', refusal: null, deletions: [deletion], upsertions: [] },
    { user: 'a', refusal: null, deletions: [], upsertions: [first, second] },
  ]);
});

test.each<[string, ScramDeletion[], ScramUpsertion[], string]>([
  ['', [{ name: '', mechanism: 9 }], [], 'Username must not be empty'],
  ['u', [{ name: 'u', mechanism: 0 }], [], 'Unknown SCRAM mechanism'],
  ['u', [], [upsert('u', 1, 4095)], 'Too few iterations'],
  ['u', [], [upsert('u', 1, 16385)], 'Too many iterations'],
  ['u', [], [upsert('u'), upsert('u')], 'A user credential cannot be altered twice in the same request'],
  ['u', [{ name: 'u', mechanism: 1 }], [upsert('u')], 'A user credential cannot be altered twice in the same request'],
  ['u', [], [upsert('u', 1, 1), upsert('u', 0), upsert('u')], 'Unknown SCRAM mechanism'],
])('user "%s" is refused', (user, deletions, upsertions, message) => {
  expect(refusals(deletions, upsertions)).toEqual([[user, message]]);
});

test('a request of very many users is read in time', () => {
  const many = Array.from({ length: 200_000 }, (_, index) => ({ name: `user ${index}`, mechanism: 1 }));
  expect(scramChanges(many, [])).toHaveLength(200_000);
});
