/** @type {import('jest').Config} */
const base = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j)s$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  moduleNameMapper: { '^@odradek/([a-z]+)/(.*)$': '<rootDir>/packages/$1/src/$2' },
};

module.exports = {
  testTimeout: 60_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/packages/*/{src,page}/**/*.test.ts',
        '<rootDir>/test/tidy.test.ts',
        '<rootDir>/test/support/**/*.test.ts',
        '<rootDir>/scripts/**/*.test.ts',
      ],
    },
    // These start real processes on real ports: scripts/test.mjs runs them one file at a time.
    {
      ...base,
      displayName: 'cluster',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/tidy.test.ts', '<rootDir>/test/support/'],
    },
  ],
};
