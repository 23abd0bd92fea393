import type { ServerResponse } from 'node:http';
import type { MessageEvents } from '../api';
import { adminOf, clientOf } from '../cluster/link';
import { asHttpError } from '../errors';
import { HttpError } from '../http/answer';
import { EventStream } from '../http/event-stream';
import { matcherOf } from './matcher';
import { parseMessagesQuery } from './query';
import { Search } from './search';
import { survey } from './spans';
import { TopicReader } from './topic-reader';

/** At a time; each has connections of its own. */
export const MAX_SEARCHES = 16;

/** The searches and tails that go on. */
export class Searches {
  private count = 0;

  constructor(private readonly bootstrapServers: string) {}

  /** Answers with a stream of events, until all is told or the page goes away. Throws what keeps it from beginning. */
  async serve(topic: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const request = parseMessagesQuery(topic, query);
    if (this.count >= MAX_SEARCHES) {
      throw new HttpError(503, `${MAX_SEARCHES} searches and tails go on already: close one of them.`);
    }
    this.count++;
    // A fetch waits at the broker for what may come: not on a connection that anybody else waits for.
    const client = clientOf(this.bootstrapServers);
    // Also while it is being prepared: who has gone needs no answer.
    response.once('close', () => client.close());
    try {
      const ground = await survey(adminOf(client), request);
      const { isCommittedOnly, partitions, follows } = request;
      const takesNew = follows && partitions === undefined;
      const reader = new TopicReader(client, { topic, isCommittedOnly, takesNew, starts: ground.starts });
      const stream = new EventStream<MessageEvents>(response);
      stream.whenClosed(() => reader.close());
      await this.run(new Search(request, ground, reader, matcherOf(request), stream), stream);
    } finally {
      this.count--;
      client.close();
    }
  }

  private async run(search: Search, stream: EventStream<MessageEvents>): Promise<void> {
    try {
      await search.run();
    } catch (thrown) {
      const error = asHttpError(thrown);
      if (!error) throw thrown;
      await stream.send('failed', error.answer);
    } finally {
      stream.end();
    }
  }
}
