import { hrefOf, parentOf, parseRoute, type Route } from './route';

const topic = (name: string, query = {}): Route => ({ name: 'topic', topic: name, tab: 'messages', query });

describe('addresses', () => {
  test.each<[string, Route]>([
    ['', { name: 'cluster' }],
    ['#/', { name: 'cluster' }],
    ['#/topics', { name: 'topics' }],
    ['#/topics/', { name: 'topics' }],
    ['#/topics/orders', topic('orders')],
    ['#/topics/orders/configs', { name: 'topic', topic: 'orders', tab: 'configs', query: {} }],
    ['#/topics/a/messages?from=offset:5&header=x&header=y', topic('a', { from: ['offset:5'], header: ['x', 'y'] })],
    ['#/groups', { name: 'groups' }],
    ['#/groups/', { name: 'group', group: '' }],
    ['#/groups/a%2Fb%20%3Ci%3E', { name: 'group', group: 'a/b <i>' }],
    ['#/brokers/1', { name: 'broker', id: 1 }],
    ['#/zookeeper', { name: 'zookeeper', path: '/' }],
    ['#/zookeeper/brokers/ids', { name: 'zookeeper', path: '/brokers/ids' }],
  ])('%s', (hash, route) => expect(parseRoute(hash)).toEqual(route));

  test.each(['#/nowhere', '#/brokers/x', '#/topics/a/b', '#/topics/a/messages/c', '#/groups/%E0%A4%A', '#/groups/a/b'])(
    '%s is no address',
    (hash) => expect(parseRoute(hash)).toEqual({ name: 'missing', hash }),
  );

  test.each<[Route]>([
    [{ name: 'cluster' }],
    [topic('orders', { grep: ['a+b&c=#?'], header: ['x', 'y=z'] })],
    [{ name: 'group', group: '<script>/?#%' }],
    [{ name: 'group', group: '' }],
    [{ name: 'broker', id: 12 }],
    [{ name: 'zookeeper', path: '/' }],
    [{ name: 'zookeeper', path: '/config/topics/a#b?c' }],
  ])('what is written is read: %j', (route) => expect(parseRoute(hrefOf(route))).toEqual(route));

  test('one level up', () => {
    const up = (hash: string): string => hrefOf(parentOf(parseRoute(hash)));
    expect(
      ['#/topics/a/configs', '#/groups/g', '#/brokers/1', '#/zookeeper/a/b', '#/zookeeper/a', '#/zookeeper'].map(up),
    ).toEqual(['#/topics', '#/groups', '#/', '#/zookeeper/a', '#/zookeeper', '#/']);
  });
});
