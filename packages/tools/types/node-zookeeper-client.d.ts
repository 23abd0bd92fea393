/** What the tools use of node-zookeeper-client, which brings no types. */
declare module 'node-zookeeper-client' {
  export type ZooKeeperError = Error & { getCode(): number; name: string };
  type Done<T = void> = (error: ZooKeeperError | null | undefined, value?: T) => void;

  export interface Client {
    connect(): void;
    close(): void;
    once(event: 'connected', listener: () => void): void;
    getData(path: string, done: Done<Buffer>): void;
    setData(path: string, data: Buffer, version: number, done: Done<unknown>): void;
    exists(path: string, done: Done<unknown>): void;
    getChildren(path: string, done: Done<string[]>): void;
    create(path: string, data: Buffer, mode: number, done: Done<string>): void;
  }

  export function createClient(connectString: string, options: { sessionTimeout: number; retries: number }): Client;
  export const CreateMode: { PERSISTENT: number; PERSISTENT_SEQUENTIAL: number };
  export const Exception: { NO_NODE: number; NODE_EXISTS: number };
}
