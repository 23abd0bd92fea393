import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadProperties, type Properties } from '../client/properties';
import { TerseError } from '../failures';
import { parseInteger } from '../java-integer';

/** A controller that is to join the quorum, as its configuration file describes it. */
export interface NewController {
  readonly id: number;
  readonly directoryId: string;
  readonly endpoints: readonly string[];
}

const doubtful = (what: string): TerseError =>
  new TerseError(`${what}. Is this a valid controller configuration file?`);

function controllerId(properties: Properties): number {
  const text = properties.get('node.id');
  if (text === undefined) throw doubtful('node.id not found in configuration file');
  const id = parseInteger(text);
  if (id < 0) throw doubtful('node.id was negative in configuration file');
  if (!properties.get('process.roles')?.includes('controller')) {
    throw doubtful("process.roles did not contain 'controller' in configuration file");
  }
  return id;
}

function directoryId(properties: Properties): string {
  const directory = properties.get('metadata.log.dir') ?? properties.get('log.dirs')?.split(',')[0];
  if (directory === undefined) throw doubtful('Neither metadata.log.dir nor log.dirs were found');
  const path = join(directory.trim(), 'meta.properties');
  if (!existsSync(path)) throw new TerseError(`Unable to read meta.properties from ${directory.trim()}`);
  const id = loadProperties(path).get('directory.id');
  if (id === undefined) throw new TerseError(`No directory id found in ${directory.trim()}`);
  return id;
}

/** `NAME://host:port` of the listeners that controllers are asked at; advertised ones win. */
function endpoints(properties: Properties): string[] {
  const all = new Map<string, string>();
  for (const setting of ['listeners', 'advertised.listeners']) {
    for (const listener of (properties.get(setting) ?? '').split(',')) {
      const [, name, host, port] = /^\s*(\w+):\/\/\[?(.*?)\]?:(-?\d+)\s*$/.exec(listener) ?? [];
      if (name !== undefined) all.set(name.toUpperCase(), `${name.toUpperCase()}://${host || 'localhost'}:${port}`);
    }
  }
  const names = properties.get('controller.listener.names');
  if (names === undefined) throw doubtful('controller.listener.names was not found');
  return names.split(',').map((each) => {
    const name = each.toUpperCase();
    const endpoint = all.get(name);
    if (endpoint === undefined) throw new TerseError(`Cannot find information about controller listener name: ${name}`);
    return endpoint;
  });
}

/** Reads a controller's configuration. Throws `TerseError` where it is none. */
export const newControllerOf = (properties: Properties): NewController => ({
  id: controllerId(properties),
  directoryId: directoryId(properties),
  endpoints: endpoints(properties),
});
