import { ToolError } from '@odradek/tools/tool-error';
import { NotFoundError } from '../errors';
import { jsonText } from '../java/json';
import { LEVELS, type Level, type Loggers } from '../log';
import type { PluginDesc } from '../plugins/plugins';
import type { Herder } from '../runtime/herder';
import { BadRequestError, RestError } from '../runtime/rest-error';
import { pluginConfig } from '../runtime/validation';
import { configOf } from './connectors';
import type { Answer, Call, Route } from './routes';

const VERSION = '3.9.1';
/** The commit that Kafka 3.9.1 was built from, as its workers tell it. */
const COMMIT = 'f745dfdcee2b9851';

const ok = (body: unknown): Answer => ({ status: 200, body });

/** /, /health and /connector-plugins (RootResource, ConnectorPluginsResource). */
export function workerRoutes(herder: Herder): Route[] {
  const { plugins } = herder.worker;
  const shown = ({ className, type, version }: PluginDesc) => ({ class: className, type, version });
  return [
    {
      method: 'GET',
      path: '/',
      handle: () => ok({ version: VERSION, commit: COMMIT, kafka_cluster_id: herder.clusterId }),
    },
    {
      method: 'GET',
      path: '/health',
      handle: () => ok({ status: 'healthy', message: 'Worker has completed startup and is ready to handle requests.' }),
    },
    {
      method: 'GET',
      path: '/connector-plugins',
      handle: ({ query }) => {
        const onlyConnectors = query.get('connectorsOnly') !== 'false';
        const listed = plugins.all.filter(({ type }) =>
          onlyConnectors ? type === 'sink' || type === 'source' : type !== 'config_provider',
        );
        return ok(listed.map(shown));
      },
    },
    {
      method: 'GET',
      path: '/connector-plugins/{plugin}/config',
      handle: ({ parameters }) => ok(pluginConfig(plugins, parameters.plugin!)),
    },
    {
      method: 'PUT',
      path: '/connector-plugins/{plugin}/config/validate',
      handle: (call) => validate(herder, call),
    },
  ];
}

async function validate(herder: Herder, { parameters, body }: Call): Promise<Answer> {
  const props = configOf(body());
  const included = props.get('connector.class');
  const { plugins } = herder.worker;
  const asked = plugins.connector(parameters.plugin!);
  const isSame = included === parameters.plugin || (asked && plugins.connector(included ?? '') === asked);
  if (included !== undefined && !isSame) {
    throw new BadRequestError(`Included connector type ${included} does not match request type ${parameters.plugin}`);
  }
  try {
    return ok(await herder.validate(props));
  } catch (thrown) {
    // Java's resource waits for a future, whose failures come wrapped.
    throw thrown instanceof ToolError ? new RestError(500, thrown.line) : thrown;
  }
}

/** /admin/loggers (LoggingResource). */
export function adminRoutes(loggers: Loggers, nowMs: () => number): Route[] {
  return [
    {
      method: 'GET',
      path: '/admin/loggers',
      handle: () =>
        ok(
          new Map(
            loggers.all().map(([name, { level, lastModified }]) => [name, { level, last_modified: lastModified }]),
          ),
        ),
    },
    {
      method: 'GET',
      path: '/admin/loggers/{logger}',
      handle: ({ parameters }) => {
        const setting = loggers.get(parameters.logger!);
        if (!setting) throw new NotFoundError(`Logger ${parameters.logger} not found.`);
        return ok({ level: setting.level, last_modified: setting.lastModified });
      },
    },
    {
      method: 'PUT',
      path: '/admin/loggers/{logger}',
      handle: ({ parameters, query, body }) => {
        const request = body();
        if (Array.isArray(request)) throw new RestError(500, 'Cannot deserialize a level from this body');
        const given = request instanceof Map ? request.get('level') : undefined;
        if (given === undefined || given === null) {
          throw new BadRequestError("Desired 'level' parameter was not specified in request.");
        }
        const text = typeof given === 'string' ? given : jsonText(given);
        const level = LEVELS.find((each) => each === text.toUpperCase()) as Level | undefined;
        if (!level) throw new NotFoundError(`invalid log level '${text}'.`);
        const names = loggers.set(parameters.logger!, level, nowMs());
        return query.get('scope')?.toLowerCase() === 'cluster' ? { status: 204 } : ok(names);
      },
    },
  ];
}
