import { ruleListFilter, topicAndPartitionsFilter } from './filters';

test('commas alone are no rule and no partition, nothing at all is a rule for everything', () => {
  expect(ruleListFilter(',').allows('t', 0)).toBe(false);
  expect(ruleListFilter('').allows('t', 0)).toBe(true);
  expect(ruleListFilter('u:1,,').allows('u', 1)).toBe(true);
  expect(topicAndPartitionsFilter('t', ',').allows('t', 5)).toBe(true);
  expect(topicAndPartitionsFilter('t', '5,').allows('t', 6)).toBe(false);
});
