import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { SideName } from '../world';

export const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
/** The controllers here are in their first epoch. */
export const CURRENT = 1;
export const LATER_BROKER_EPOCH = 1_000_000;

export interface Order {
  readonly topic: string;
  readonly topicId?: (side: SideName) => string;
  readonly partition?: number;
  readonly leader?: number;
  readonly leaderEpoch?: number;
  readonly replicas?: number[];
  readonly controllerEpoch?: number;
  readonly brokerEpoch?: number;
}

/** One partition's order in the shape of any version. */
export const leaderAndIsr =
  ({
    topic,
    topicId,
    partition = 0,
    leader = 0,
    leaderEpoch = 0,
    replicas = [0],
    controllerEpoch = CURRENT,
    brokerEpoch = LATER_BROKER_EPOCH,
  }: Order) =>
  (version: number) =>
  (side: SideName) => {
    const state = {
      partitionIndex: partition,
      controllerEpoch,
      leader,
      leaderEpoch,
      isr: replicas,
      partitionEpoch: 0,
      replicas,
    };
    const common = {
      controllerId: 0,
      controllerEpoch,
      brokerEpoch,
      type: 0,
      liveLeaders: [{ brokerId: 0, hostName: '127.0.0.1', port: 9 }],
    };
    return version < 2
      ? { ...common, ungroupedPartitionStates: [{ ...state, topicName: topic }] }
      : {
          ...common,
          topicStates: [{ topicName: topic, topicId: topicId?.(side) ?? ZERO_UUID, partitionStates: [state] }],
        };
  };
