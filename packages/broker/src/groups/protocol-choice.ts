import type { ProtocolMetadata } from './group-types';

/** What of a member matters to the choice of a protocol: its protocols in the order of its preference. */
interface Voter {
  readonly protocols: readonly ProtocolMetadata[];
}

/**
 * The protocol of the next generation: each member votes for its first one that all support, most votes win
 * (GroupMetadata.selectProtocol). Throws where there is none in common: a join that would lead there is refused.
 */
export function chooseProtocol(voters: Iterable<Voter>, isCommon: (name: string) => boolean): string {
  const votes = new Map<string, number>();
  for (const { protocols } of voters) {
    const vote = protocols.find(({ name }) => isCommon(name));
    if (!vote) throw new Error('Member does not support any of the candidate protocols');
    votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
  }
  if (votes.size === 0) throw new Error('Cannot select protocol for empty group');
  const most = Math.max(...votes.values());
  return inOrderOfScala([...votes.keys()], 0).find((name) => votes.get(name) === most)!;
}

/**
 * Where votes are even, Kafka takes the first as Scala's immutable HashMap lists them, whoever voted first. Members
 * of both worlds shall see the same protocol chosen: a trie of five bits of the hash per level, a level's own keys
 * before those of the levels below.
 */
function inOrderOfScala(names: readonly string[], shift: number): string[] {
  if (names.length < 2 || shift > 30) return [...names];
  const slots = new Map<number, string[]>();
  for (const name of names) {
    const slot = (scalaHash(name) >>> shift) & 31;
    slots.set(slot, [...(slots.get(slot) ?? []), name]);
  }
  const sorted = [...slots].sort(([a], [b]) => a - b).map(([, sharing]) => sharing);
  return [
    ...sorted.filter(({ length }) => length === 1).flat(),
    ...sorted.filter(({ length }) => length > 1).flatMap((sharing) => inOrderOfScala(sharing, shift + 5)),
  ];
}

/** Java's hash of a string as scala.util.hashing improves it for hash maps. */
function scalaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  hash = (hash + ~(hash << 9)) | 0;
  hash ^= hash >>> 14;
  hash = (hash + (hash << 4)) | 0;
  return hash ^ (hash >>> 10);
}
