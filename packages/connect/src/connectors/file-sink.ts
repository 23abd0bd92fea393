import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from '@odradek/tools/client/properties';
import { ConfigDef } from '../config/config-def';
import type { SinkRecord } from '../data/record';
import { ConnectError } from '../errors';
import { javaText } from '../java/text';
import type { Props, SinkConnector, SinkTask } from '../plugins/api';

/** The value of every record as a line of a file (org.apache.kafka.connect.file.FileStreamSinkConnector). */
export class FileStreamSink implements SinkConnector {
  static readonly config = new ConfigDef([
    {
      name: 'file',
      type: 'STRING',
      fallback: null,
      importance: 'HIGH',
      documentation: 'The file to append to. Without it lines go to the standard output.',
    },
  ]);

  readonly taskClass = 'org.apache.kafka.connect.file.FileStreamSinkTask';
  private props: Props = new Map();

  start(props: Props): void {
    FileStreamSink.config.parse(props);
    this.props = props;
  }

  taskConfigs(maxTasks: number): Props[] {
    return new Array<Props>(maxTasks).fill(this.props);
  }

  createTask(): SinkTask {
    return new FileStreamSinkTask();
  }

  alterOffsets(): void {
    // Any will do: what was written stays in the file.
  }
}

class FileStreamSinkTask implements SinkTask {
  private handle: FileHandle | undefined;

  async start(props: Props): Promise<void> {
    const path = FileStreamSink.config.parse(props).nullable('file');
    if (!path) return;
    try {
      this.handle = await open(path, 'a');
    } catch (thrown) {
      const cause = fileError(path, thrown as NodeJS.ErrnoException);
      throw new ConnectError(`Couldn't find or create file '${path}' for FileStreamSinkTask`, cause);
    }
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    if (records.length === 0) return;
    const lines = records.map(({ value, valueSchema }) => `${javaText(value, valueSchema)}\n`).join('');
    if (this.handle) await this.handle.appendFile(lines);
    else await new Promise<void>((resolve) => process.stdout.write(lines, () => resolve()));
  }

  async flush(): Promise<void> {
    await this.handle?.datasync();
  }

  async stop(): Promise<void> {
    await this.handle?.close();
  }
}
