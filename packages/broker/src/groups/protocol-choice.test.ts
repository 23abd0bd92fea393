import { chooseProtocol } from './protocol-choice';

const voter = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: Buffer.alloc(0) })) });
const choose = (voters: ReturnType<typeof voter>[]): string =>
  chooseProtocol(voters, (name) => voters.every(({ protocols }) => protocols.some((it) => it.name === name)));

describe('the protocol of a generation', () => {
  test('is each member’s first that all support; most votes win', () => {
    expect(choose([voter('range')])).toBe('range');
    expect(choose([voter('sticky', 'range'), voter('range')])).toBe('range');
    expect(choose([voter('a', 'b'), voter('b', 'a'), voter('a', 'b')])).toBe('a');
    expect(choose([voter('b', 'a'), voter('b', 'a'), voter('a', 'b')])).toBe('b');
  });

  test('with nothing in common there is none', () => {
    expect(() => choose([voter('a'), voter('b')])).toThrow('Member does not support any of the candidate protocols');
    expect(() => choose([])).toThrow('Cannot select protocol for empty group');
  });

  // What Scala 2.13.15, which Kafka 3.9 runs on, lists first in `List(…).groupBy(identity)`.
  test.each([
    ['roundrobin', ['range', 'roundrobin']],
    ['cooperative-sticky', ['sticky', 'range', 'roundrobin', 'cooperative-sticky']],
    ['range', ['sticky', 'range']],
    ['eager', ['compatible', 'sessioned', 'eager', 'default', 'stream', 'uniform']],
    ['RoundRobinAssigner', ['protocol-3', 'uniform', 'RoundRobinAssigner', 'compatible', 'protocol-1']],
    ['e', ['t', 's', 'r', 'q', 'p', 'o', 'n', 'm', 'l', 'k', 'j', 'i', 'h', 'g', 'f', 'e', 'd', 'c', 'b', 'a']],
    ['name-23', Array.from({ length: 60 }, (_, index) => `name-${index}`)],
  ])('where votes are even %s is taken, whoever voted first', (first, names) => {
    const voters = names.map((name) => voter(name, ...names.filter((other) => other !== name)));
    expect(choose(voters)).toBe(first);
    expect(choose(voters.toReversed())).toBe(first);
  });
});
