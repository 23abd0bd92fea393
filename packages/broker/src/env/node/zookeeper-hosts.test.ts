import { formatHost, parseConnect } from './zookeeper-hosts';

describe('hosts', () => {
  test.each([
    ['a:1', [{ host: 'a', port: 1 }], ''],
    ['a', [{ host: 'a', port: 2181 }], ''],
    [
      'a:1, b ,[::1]:3,[fe80::2]/x/y',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2181 },
        { host: '::1', port: 3 },
        { host: 'fe80::2', port: 2181 },
      ],
      '/x/y',
    ],
    ['::1/', [{ host: '::1', port: 2181 }], ''],
  ])('%s', (connect, hosts, chroot) => {
    expect(parseConnect(connect)).toEqual({ hosts, chroot });
  });

  test.each(['', '/chroot', 'a:b', 'a:99999', '[::1', ','])('%j is refused', (connect) => {
    expect(() => parseConnect(connect)).toThrow();
  });

  test('are printed with brackets where they need them', () => {
    expect([formatHost({ host: '::1', port: 2 }), formatHost({ host: 'h', port: 2 })]).toEqual(['[::1]:2', 'h:2']);
  });
});
