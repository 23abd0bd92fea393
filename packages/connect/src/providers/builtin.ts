import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseProperties } from '@odradek/tools/client/properties';
import { javaRegex } from '@odradek/tools/java-regex';
import { configException } from '@odradek/tools/tool-error';
import type { Logger } from '../log';
import type { ConfigData, ConfigProvider, Props } from '../plugins/api';
import { AllowedPaths } from './allowed-paths';

/** The config providers that Apache brings along (org.apache.kafka.common.config.provider). */

const NO_DATA: ConfigData = { data: new Map() };

/** Reads files within `allowed.paths`, or all. */
abstract class PathProvider implements ConfigProvider {
  private allowed = new AllowedPaths(undefined);
  protected log!: Logger;

  configure(params: Props, log: Logger): void {
    this.log = log;
    this.allowed = new AllowedPaths(params.get('allowed.paths'));
  }

  get(given: string, keys: ReadonlySet<string>): ConfigData {
    if (given === '') return NO_DATA;
    const path = this.allowed.check(given);
    if (path !== undefined) return { data: this.read(path, keys) };
    this.log.warn(`The path ${given} is not allowed to be accessed`);
    return NO_DATA;
  }

  protected abstract read(path: string, keys: ReadonlySet<string>): Map<string, string>;
}

/** `${file:PATH:KEY}`: a key of a properties file. */
export class FileConfigProvider extends PathProvider {
  protected read(path: string, keys: ReadonlySet<string>): Map<string, string> {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (thrown) {
      this.log.error(`Could not read properties from file ${path}`, thrown);
      throw configException(`Could not read properties from file ${path}`);
    }
    return new Map([...parseProperties(text)].filter(([key]) => keys.has(key)));
  }
}

/** `${directory:PATH:KEY}`: the contents of the file KEY in a folder. */
export class DirectoryConfigProvider extends PathProvider {
  protected read(path: string, keys: ReadonlySet<string>): Map<string, string> {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      this.log.warn(`The path ${path} is not a directory`);
      return new Map();
    }
    return new Map(
      this.list(path)
        .filter((name) => keys.has(name) && statSync(join(path, name), { throwIfNoEntry: false })?.isFile())
        .map((name) => [name, this.contents(join(path, name), name)]),
    );
  }

  private list(path: string): string[] {
    try {
      return readdirSync(path);
    } catch (thrown) {
      this.log.error(`Could not list directory ${path}`, thrown);
      throw configException(`Could not list directory ${path}`);
    }
  }

  private contents(path: string, name: string): string {
    try {
      return readFileSync(path, 'utf8');
    } catch (thrown) {
      this.log.error(`Could not read file ${path} for property ${name}`, thrown);
      throw configException(`Could not read file ${path} for property ${name}`);
    }
  }
}

/** `${env:KEY}`: a variable of the environment whose name `allowlist.pattern` matches (KIP-887). */
export class EnvVarConfigProvider implements ConfigProvider {
  private pattern = /^/;
  private log!: Logger;

  constructor(private readonly variables: Readonly<Record<string, string | undefined>> = process.env) {}

  configure(params: Props, log: Logger): void {
    this.log = log;
    const pattern = params.get('allowlist.pattern');
    if (pattern !== undefined) this.pattern = javaRegex(pattern);
    else log.info("No pattern for environment variables provided. Using default pattern '(.*)'.");
  }

  get(path: string, keys: ReadonlySet<string>): ConfigData {
    if (path !== '') {
      const message = `Path is not supported for EnvVarConfigProvider, invalid value '${path}'`;
      this.log.error(message);
      throw configException(message);
    }
    const found = [...keys].flatMap((key): [string, string][] => {
      const value = this.pattern.test(key) ? this.variables[key] : undefined;
      return value === undefined ? [] : [[key, value]];
    });
    return { data: new Map(found) };
  }
}
