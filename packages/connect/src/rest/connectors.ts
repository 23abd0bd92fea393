import { fromJson } from '../converters/json/from-json';
import type { SourceMap } from '../data/record';
import { type JsonNode, jsonText } from '../java/json';
import type { Logger } from '../log';
import type { SourceOffset } from '../plugins/api';
import { inHashOrder } from '../runtime/connector-entry';
import type { ConnectorInfo, ConnectorStatus, Herder, StatusInfo } from '../runtime/herder';
import { BadRequestError, RestError } from '../runtime/rest-error';
import type { TargetState } from '../runtime/task';
import type { Answer, Call, Route } from './routes';

/** /connectors and all below it (ConnectorsResource). */

const STATES: Readonly<Record<string, TargetState>> = { RUNNING: 'STARTED', PAUSED: 'PAUSED', STOPPED: 'STOPPED' };

const ok = (body?: unknown): Answer => ({ status: 200, ...(body !== undefined && { body }) });
const NO_CONTENT: Answer = { status: 204 };
const ACCEPTED: Answer = { status: 202 };

const isMap = (node: JsonNode): node is ReadonlyMap<string, JsonNode> => node instanceof Map;

/** Settings from JSON: numbers and booleans stand for their text. */
function textMap(node: JsonNode, what: string): Map<string, string | null> {
  if (!isMap(node)) throw new RestError(500, `Cannot deserialize ${what}`);
  return new Map([...node].map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: JsonNode): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'object' && !('unscaled' in value)) {
    throw new RestError(500, 'Cannot deserialize value of type `java.lang.String` from Object or Array value');
  }
  return typeof value === 'string' ? value : jsonText(value);
}

/** A body that must be a map of settings. */
export function configOf(node: JsonNode): Map<string, string> {
  const nullable = textMap(node, 'a map of settings');
  return new Map([...nullable].filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The name in the path goes for a configuration that has none. Throws `BadRequestError` where they differ. */
function named(name: string, config: Map<string, string>): Map<string, string> {
  const own = config.get('name');
  if (own !== undefined && own !== name) {
    throw new BadRequestError(
      `Connector name configuration (${own}) doesn't match connector name in the URL (${name})`,
    );
  }
  return config.set('name', name);
}

const shownStatus = ({ name, connector, tasks, type }: ConnectorStatus) => ({
  name,
  connector: shown(connector),
  tasks: tasks.map((task) => ({ id: task.id, ...shown(task) })),
  type,
});

const shown = ({ state, trace, worker_id }: StatusInfo) => ({
  state,
  worker_id,
  ...(trace !== undefined && { trace }),
});

const shownInfo = ({ name, config, tasks, type }: ConnectorInfo) => ({ name, config, tasks, type });

function list(herder: Herder, { query }: Call, log: Logger): Answer {
  const wanted = query.getAll('expand');
  if (wanted.length === 0) return ok(herder.names());
  const known: readonly string[] = wanted.filter((each) => each === 'status' || each === 'info');
  for (const each of wanted) if (!known.includes(each)) log.info(`Ignoring unknown expansion type ${each}`);
  const expanded = herder.names().map((name): [string, unknown] => {
    const parts = inHashOrder(known).map((each): [string, unknown] => [
      each,
      each === 'info' ? shownInfo(herder.info(name)) : shownStatus(herder.status(name)),
    ]);
    return [name, new Map(parts)];
  });
  return ok(new Map(expanded));
}

async function create(herder: Herder, { body }: Call): Promise<Answer> {
  const request = body();
  if (!isMap(request)) throw new RestError(500, 'Cannot deserialize a connector from this body');
  onlyKnown(request, ['config', 'name', 'initial_state']);
  const name = textOf(request.get('name') ?? null)?.trim() ?? '';
  const config = named(name, configOf(request.get('config') ?? new Map()));
  await herder.putConfig(name, config, initialState(request.get('initial_state')), false);
  return { status: 201, body: shownInfo(herder.info(name)), location: placeOfConnector(name) };
}

/** CreateConnectorRequest.InitialState. */
export function initialState(node: JsonNode): TargetState | undefined {
  if (node === undefined || node === null) return undefined;
  const target = STATES[String(node).toUpperCase()];
  if (!target) throw new RestError(500, `Unknown initial state: ${String(node)}`);
  return target;
}

async function restart(herder: Herder, { parameters, query }: Call): Promise<Answer> {
  const is = (name: string): boolean => query.get(name)?.toLowerCase() === 'true';
  const request = { includeTasks: is('includeTasks'), onlyFailed: is('onlyFailed') };
  const plan = await herder.restart(parameters.connector!, request);
  if (!request.includeTasks && !request.onlyFailed) return NO_CONTENT;
  return { ...ACCEPTED, body: shownStatus(plan) };
}

/** A field that is misspelt is not to be passed over. Throws `RestError`. */
function onlyKnown(node: ReadonlyMap<string, JsonNode>, known: readonly string[]): void {
  const unknown = [...node.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const list = known.map((name) => `"${name}"`).join(', ');
  throw new RestError(500, `Unrecognized field "${unknown}" (${known.length} known properties: ${list})`);
}

/** A connector's path: what may stand in a part of one is not encoded. */
const placeOfConnector = (name: string): string =>
  `/connectors/${encodeURIComponent(name).replace(/%(?:2[46BC]|3[ABD]|40)/g, decodeURIComponent)}`;

function offsetsOf(node: JsonNode): SourceOffset[] {
  const missing = 'Partitions / offsets need to be provided for an alter offsets request';
  if (node === null || node === undefined) throw new BadRequestError(missing);
  if (!isMap(node)) throw new RestError(500, 'Cannot deserialize offsets from this body');
  onlyKnown(node, ['offsets']);
  const list = node.get('offsets') ?? [];
  if (!Array.isArray(list)) throw new RestError(500, 'Cannot deserialize offsets: they have to be a list');
  if (list.length === 0) throw new BadRequestError(missing);
  return list.map((each: JsonNode) => {
    if (each === null) throw new BadRequestError(missing);
    if (!isMap(each)) throw new RestError(500, 'Cannot deserialize an offset: it has to be an object');
    onlyKnown(each, ['partition', 'offset']);
    return { partition: placeOf(each, 'partition'), offset: placeOf(each, 'offset') };
  });
}

/** A part of a source, or an offset in it; null where it is not given. */
function placeOf(node: ReadonlyMap<string, JsonNode>, name: string): SourceMap | null {
  const value = node.get(name) ?? null;
  if (value === null) return null;
  if (!isMap(value)) throw new RestError(500, `Cannot deserialize the ${name} of an offset: it has to be an object`);
  return fromJson(null, value, true) as SourceMap;
}

const shownOffsets = (offsets: readonly SourceOffset[]) => ({
  offsets: offsets.map(({ partition, offset }) => ({ partition, offset })),
});

function taskNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new RestError(404, 'HTTP 404 Not Found');
  return Number(text);
}

/** The routes, in the order of Apache's documentation. */
export function connectorRoutes(herder: Herder, log: Logger): Route[] {
  const at = (rest: string): string => `/connectors/{connector}${rest}`;
  const name = ({ parameters }: Call): string => parameters.connector!;
  const target = (path: string, state: TargetState, answer: Answer): Route => ({
    method: 'PUT',
    path: at(path),
    handle: async (call) => {
      await herder.setTarget(name(call), state);
      return answer;
    },
  });
  const tracking = (setting: string, message: string): void => {
    if (!herder.worker.config.parsed.boolean(setting)) throw new RestError(403, message);
  };
  return [
    { method: 'GET', path: '/connectors', handle: (call) => list(herder, call, log) },
    { method: 'POST', path: '/connectors', handle: (call) => create(herder, call) },
    { method: 'GET', path: at(''), handle: (call) => ok(shownInfo(herder.info(name(call)))) },
    { method: 'GET', path: at('/config'), handle: (call) => ok(herder.info(name(call)).config) },
    {
      method: 'PUT',
      path: at('/config'),
      handle: async (call) => {
        const isNew = await herder.putConfig(name(call), named(name(call), configOf(call.body())), undefined, true);
        const body = shownInfo(herder.info(name(call)));
        if (!isNew) return ok(body);
        return { status: 201, body, location: placeOfConnector(name(call)) };
      },
    },
    {
      method: 'PATCH',
      path: at('/config'),
      handle: async (call) => {
        await herder.patchConfig(name(call), textMap(call.body(), 'a patch of settings'));
        return ok(shownInfo(herder.info(name(call))));
      },
    },
    {
      method: 'DELETE',
      path: at(''),
      handle: async (call) => {
        await herder.delete(name(call));
        return NO_CONTENT;
      },
    },
    { method: 'GET', path: at('/status'), handle: (call) => ok(shownStatus(herder.status(name(call)))) },
    {
      method: 'GET',
      path: at('/topics'),
      handle: (call) => {
        tracking('topic.tracking.enable', 'Topic tracking is disabled.');
        return ok({ [name(call)]: { topics: herder.topics(name(call)) } });
      },
    },
    {
      method: 'PUT',
      path: at('/topics/reset'),
      handle: (call) => {
        tracking('topic.tracking.enable', 'Topic tracking is disabled.');
        tracking('topic.tracking.allow.reset', 'Topic tracking reset is disabled.');
        herder.resetTopics(name(call));
        return ACCEPTED;
      },
    },
    {
      method: 'GET',
      path: at('/tasks'),
      handle: (call) =>
        ok(
          herder.tasks(name(call)).map(({ id, props }) => ({ id: { connector: name(call), task: id }, config: props })),
        ),
    },
    {
      method: 'GET',
      path: at('/tasks-config'),
      handle: (call) => ok(new Map(herder.tasks(name(call)).map(({ id, props }) => [`${name(call)}-${id}`, props]))),
    },
    {
      method: 'GET',
      path: at('/tasks/{task}/status'),
      handle: (call) => {
        const { id, ...status } = herder.taskStatus(name(call), taskNumber(call.parameters.task!));
        return ok({ id, ...shown(status) });
      },
    },
    {
      method: 'POST',
      path: at('/tasks/{task}/restart'),
      handle: async (call) => {
        await herder.restartTask(name(call), taskNumber(call.parameters.task!));
        return NO_CONTENT;
      },
    },
    { method: 'POST', path: at('/restart'), handle: (call) => restart(herder, call) },
    target('/pause', 'PAUSED', ACCEPTED),
    target('/resume', 'STARTED', ACCEPTED),
    target('/stop', 'STOPPED', NO_CONTENT),
    {
      method: 'GET',
      path: at('/offsets'),
      handle: async (call) => ok(shownOffsets(await herder.offsets.get(herder.connector(name(call))))),
    },
    {
      method: 'PATCH',
      path: at('/offsets'),
      handle: async (call) => {
        const offsets = offsetsOf(call.body());
        return ok({ message: await herder.offsets.alter(herder.stopped(name(call)), offsets) });
      },
    },
    {
      method: 'DELETE',
      path: at('/offsets'),
      handle: async (call) => ok({ message: await herder.offsets.reset(herder.stopped(name(call))) }),
    },
  ];
}
