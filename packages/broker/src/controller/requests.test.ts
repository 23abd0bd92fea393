import { RequestBatch } from './requests';
import { ControllerState } from './state';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

function cluster(): ControllerState {
  const state = new ControllerState(3, 1);
  for (const id of [1, 2]) {
    const endpoints = new Map([['PLAINTEXT', { host: `h${id}`, port: 9092, securityProtocol: 0 }]]);
    state.brokers.set(id, { id, epoch: 100 + id, rack: null, endpoints });
  }
  const assignment = { replicas: [1, 2, 9], addingReplicas: [], removingReplicas: [] };
  state.topics.set('t', { name: 't', topicId: TOPIC_ID, partitions: new Map([[0, assignment]]) });
  const id = { topic: 't', partition: 0 };
  state.setState(id, {
    leader: 1,
    leaderEpoch: 4,
    isr: [1, 2],
    leaderRecoveryState: 0,
    controllerEpoch: 3,
    partitionEpoch: 6,
  });
  return state;
}
const id = { topic: 't', partition: 0 };

test("each broker gets one request of a kind, with its own epoch, in Kafka's order", () => {
  const state = cluster();
  const batch = new RequestBatch();
  batch.addStopReplica(2, id, false);
  batch.addLeaderAndIsr([1, 2], id, false, state);
  batch.addLeaderAndIsr([1], id, true, state);
  const requests = batch.build(7, state);
  expect([...requests.keys()].sort()).toEqual([1, 2]);
  expect(requests.get(1)!.map(({ type }) => type)).toEqual(['leader-and-isr', 'update-metadata']);
  expect(requests.get(2)!.map(({ type }) => type)).toEqual(['leader-and-isr', 'update-metadata', 'stop-replica']);
  expect(requests.get(2)![0]!.request).toMatchObject({ controllerId: 7, controllerEpoch: 3, brokerEpoch: 102 });
  const first = requests.get(1)![0]!;
  expect(first.type === 'leader-and-isr' && first.request.topicStates?.[0]).toMatchObject({
    topicName: 't',
    topicId: TOPIC_ID,
    partitionStates: [
      {
        partitionIndex: 0,
        leader: 1,
        leaderEpoch: 4,
        isr: [1, 2],
        partitionEpoch: 6,
        replicas: [1, 2, 9],
        isNew: true,
      },
    ],
  });
});

test('metadata tells all live brokers and which replicas are offline', () => {
  const state = cluster();
  const batch = new RequestBatch();
  batch.addMetadata([1], [id]);
  const [request] = batch.build(7, state).get(1)!;
  expect(request!.type === 'update-metadata' && request!.request).toMatchObject({
    liveBrokers: [{ id: 1 }, { id: 2 }],
    topicStates: [{ partitionStates: [{ leader: 1, zkVersion: 6, offlineReplicas: [9] }] }],
  });
});

test('a topic that is being deleted has leader -2, and epoch -2 for those who stop', () => {
  const state = cluster();
  state.deletions.set('t', new Map());
  const batch = new RequestBatch();
  batch.addMetadata([1], [id]);
  batch.addStopReplica(1, id, true);
  const [metadata, stop] = batch.build(7, state).get(1)!;
  expect(metadata!.type === 'update-metadata' && metadata!.request.topicStates![0]!.partitionStates![0]!.leader).toBe(
    -2,
  );
  expect(stop!.type === 'stop-replica' && stop!.request.topicStates![0]!.partitionStates![0]).toEqual({
    partitionIndex: 0,
    leaderEpoch: -2,
    deletePartition: true,
  });
});

test('nothing is sent to a broker that is gone', () => {
  const state = cluster();
  const batch = new RequestBatch();
  batch.addStopReplica(9, id, true);
  expect(batch.build(7, state).size).toBe(0);
});
