/** What is read of an index file at a time. */
export const BLOCK_BYTES = 4096;
/** Half a megabyte at most, for all indexes together. */
const MAX_BLOCKS = 128;

/** Whose blocks they are. An index whose entries change takes another one. */
export interface BlockOwner {
  readonly seed: number;
}

/** A part of an index file; what `owner` says of it holds until another block is asked for. */
export interface IndexBlock {
  owner: BlockOwner | null;
  number: number;
  /** How many of its entries have been read. */
  entries: number;
  readonly bytes: Buffer;
}

/**
 * The blocks of index files that have been read lately. Who reads a log from its beginning to its end looks into the same
 * blocks again and again, and a system call costs more than the look. Each block has one place only, so there is nothing to keep in order.
 */
export class IndexBlocks {
  private readonly blocks: IndexBlock[] = [];
  private owners = 0;

  newOwner(): BlockOwner {
    return { seed: this.owners++ * 7 };
  }

  /** The place of a block, without entries where it held another one. */
  block(owner: BlockOwner, number: number): IndexBlock {
    const place = (owner.seed + number) % MAX_BLOCKS;
    this.blocks[place] ??= { owner: null, number: 0, entries: 0, bytes: Buffer.alloc(BLOCK_BYTES) };
    const block = this.blocks[place];
    if (block.owner !== owner || block.number !== number) {
      block.owner = owner;
      block.number = number;
      block.entries = 0;
    }
    return block;
  }
}
