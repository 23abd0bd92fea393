/** Server-sent events read from a stream of text: what EventSource does, but with the body of a refusal, and never again by itself. */

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Takes pieces as they arrive and gives the events that are complete. */
export class EventReader {
  private rest = '';

  read(piece: string): ServerEvent[] {
    const blocks = (this.rest + piece).split(/\r?\n\r?\n/);
    this.rest = blocks.pop()!;
    return blocks.map(parseBlock).filter(({ data }) => data !== '');
  }
}

function parseBlock(block: string): ServerEvent {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [field, value] = fieldOf(line);
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return { name, data: data.join('\n') };
}

function fieldOf(line: string): [string, string] {
  const at = line.indexOf(':');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
}
