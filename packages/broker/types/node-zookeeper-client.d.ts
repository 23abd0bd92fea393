/** What we use of node-zookeeper-client, which brings no types: its messages. 64-bit numbers are 8 bytes. */
declare module 'node-zookeeper-client/lib/jute' {
  export interface Record {
    byteLength(): number;
    serialize(buffer: Buffer, offset: number): number;
    deserialize(buffer: Buffer, offset: number): number;
  }

  export interface StatRecord extends Record {
    czxid: Buffer;
    mzxid: Buffer;
    pzxid: Buffer;
    ctime: Buffer;
    mtime: Buffer;
    version: number;
    cversion: number;
    aversion: number;
    ephemeralOwner: Buffer;
    dataLength: number;
    numChildren: number;
  }

  export interface AclRecord extends Record {
    perms: number;
    id: { scheme: string | undefined; id: string | undefined };
  }

  export const data: {
    Stat: new () => StatRecord;
    ACL: new (perms: number, id: Record) => AclRecord;
    Id: new (scheme: string, id: string) => Record;
  };

  export interface WatcherEventRecord extends Record {
    type: number;
    state: number;
    path: string;
  }

  export interface MultiOperation {
    type: number;
    path: string;
    data?: Buffer | null;
    mode?: number;
    version?: number;
    acls?: { toRecord(): AclRecord }[];
  }

  export interface MultiResult {
    type: number;
    path?: string;
    stat?: StatRecord;
    err?: number;
  }

  export class TransactionRequest implements Record {
    constructor(operations: MultiOperation[]);
    byteLength(): number;
    serialize(buffer: Buffer, offset: number): number;
    deserialize(buffer: Buffer, offset: number): number;
  }

  export class TransactionResponse {
    results: MultiResult[];
    deserialize(buffer: Buffer, offset: number): number;
  }

  export class Request {
    constructor(header: Record | null, payload: Record | null);
    toBuffer(): Buffer;
  }

  export const protocol: {
    ConnectRequest: new (
      protocolVersion: number,
      lastZxidSeen: Buffer,
      timeOut: number,
      sessionId: Buffer,
      password: Buffer,
    ) => Record;
    ConnectResponse: new () => Record & {
      protocolVersion: number;
      timeOut: number;
      sessionId: Buffer;
      passwd: Buffer | undefined;
    };
    RequestHeader: new (xid: number, type: number) => Record & { xid: number; type: number };
    ReplyHeader: new () => Record & { xid: number; zxid: Buffer; err: number };
    CreateRequest: new (path: string, data: Buffer | null, acl: AclRecord[], flags: number) => Record;
    CreateResponse: new () => Record & { path: string };
    DeleteRequest: new (path: string, version: number) => Record;
    ExistsRequest: new (path: string, watch: boolean) => Record;
    ExistsResponse: new () => Record & { stat: StatRecord };
    GetDataRequest: new (path: string, watch: boolean) => Record;
    GetDataResponse: new () => Record & { data: Buffer | undefined; stat: StatRecord };
    GetChildren2Request: new (path: string, watch: boolean) => Record;
    GetChildren2Response: new () => Record & { children: string[] | undefined; stat: StatRecord };
    SetDataRequest: new (path: string, data: Buffer | null, version: number) => Record;
    SetDataResponse: new () => Record & { stat: StatRecord };
    GetACLRequest: new (path: string) => Record;
    GetACLResponse: new () => Record & { acl: AclRecord[] | undefined; stat: StatRecord };
    SetACLRequest: new (path: string, acl: AclRecord[], version: number) => Record;
    SetACLResponse: new () => Record & { stat: StatRecord };
    WatcherEvent: new () => WatcherEventRecord;
    SetWatches: new (
      relativeZxid: Buffer,
      dataWatches: string[],
      existWatches: string[],
      childWatches: string[],
    ) => Record;
  };
}
