import { javaRegex } from './java-regex';

// What java.util.regex.Pattern says of the same.
test.each([
  ['[', 'Unclosed character class near index 0\n[\n^'],
  ['a[b', 'Unclosed character class near index 2\na[b\n  ^'],
  ['a(b', 'Unclosed group near index 3\na(b'],
  ['*a', "Dangling meta character '*' near index 0\n*a\n^"],
])('%s is refused', (source, message) => {
  expect(() => javaRegex(source)).toThrow(message);
});
