import { errorName } from '@odradek/protocol/errors';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { UpdateFeatures } from '@odradek/protocol/messages/update-features';
import type { ParsedCommand } from '../args/argparse4j';
import { type Admin, type Call, commandProperties, createAdmin, refusalOf } from '../client/admin';
import { requireController } from '../client/bootstrap-controller';
import { TerseError } from '../failures';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import { Exit, illegalArgument, ServerError, ToolError } from '../tool-error';
import { type FeatureCommand, parseFeatureArguments } from './arguments';
import { levelText, METADATA_VERSION, metadataLevel, supportedVersions } from './metadata-version';

const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;
const SHORT_LIMIT = 2 ** 15;
const SOFTWARE = { clientSoftwareName: 'apache-kafka-java', clientSoftwareVersion: '3.9.1' };

/** Whom to ask, and what to make sure of before each call. */
interface Cluster {
  readonly admin: Admin;
  readonly check: (call: Call) => Promise<void>;
}

type Arguments = ParsedCommand<unknown, FeatureCommand>['of'];

async function describe({ admin, check }: Cluster, asJson: boolean, io: Io): Promise<void> {
  const response = await admin.call('describeFeatures', async (call) => {
    await check(call);
    const answer = await admin.toAny(call, ApiVersions, SOFTWARE);
    if (answer.errorCode !== 0) throw refusalOf(answer.errorCode);
    return answer;
  });
  const epoch = response.finalizedFeaturesEpoch < 0 ? null : response.finalizedFeaturesEpoch;
  const finalized = new Map(response.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]));
  const features = [...response.supportedFeatures].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (asJson) {
    const list = features.map(({ name, minVersion, maxVersion }) => ({
      feature: name,
      supportedMinVersion: minVersion,
      supportedMaxVersion: maxVersion,
      finalizedVersionLevel: finalized.get(name) ?? null,
    }));
    printJson(io, { features: list, epoch });
    return;
  }
  for (const { name, minVersion, maxVersion } of features) {
    const [least, most, level] = [minVersion, maxVersion, finalized.get(name) ?? 0].map((each) =>
      levelText(name, each),
    );
    println(
      io.stdout,
      `Feature: ${name}\tSupportedMinVersion: ${least}\tSupportedMaxVersion: ${most}\t` +
        `FinalizedVersionLevel: ${level}\tEpoch: ${epoch ?? '-'}`,
    );
  }
}

/** `feature=level`. Throws `ToolError` where it is not of that form. */
export function parseFeature(text: string): [feature: string, level: number] {
  const refuse = (why: string): never => {
    throw new ToolError('java.lang.RuntimeException', `Can't parse feature=level string ${text}: ${why}`);
  };
  const equals = text.indexOf('=');
  if (equals < 0) refuse('equals sign not found.');
  const level = text.slice(equals + 1).trim();
  const isShort = /^[+-]?\d+$/.test(level) && Number(level) >= -SHORT_LIMIT && Number(level) < SHORT_LIMIT;
  if (!isShort) refuse(`unable to parse ${level} as a short.`);
  return [text.slice(0, equals).trim(), Number(level)];
}

/** The levels that are asked for, by feature. Throws as Kafka's tool and its client do before anything is sent. */
function updatesOf(command: FeatureCommand, args: Arguments, upgradeType: number): Map<string, number> {
  const updates = new Map<string, number>();
  const add = (feature: string, level: number): void => {
    if (level === 0 && upgradeType === UPGRADE) {
      throw illegalArgument(
        'The upgradeType flag should be set to SAFE_DOWNGRADE or UNSAFE_DOWNGRADE when the provided maxVersionLevel:0 is < 1.',
      );
    }
    if (level < 0) throw illegalArgument('Cannot specify a negative version level.');
    if (updates.has(feature)) {
      throw new ToolError('java.lang.RuntimeException', `Feature ${feature} was specified more than once.`);
    }
    updates.set(feature, level);
  };
  const metadata = args.metadata?.[0];
  if (metadata !== undefined) {
    const level = metadataLevel(metadata);
    if (level === undefined) {
      throw new TerseError(
        `Unsupported metadata.version ${metadata}. Supported metadata.version are ${supportedVersions()}`,
      );
    }
    add(METADATA_VERSION, level);
  }
  for (const text of args.feature ?? []) {
    const [feature, level] = command === 'disable' ? [text, 0] : parseFeature(text);
    add(feature, level);
  }
  if (updates.size === 0) throw new TerseError(`You must specify at least one feature to ${command}`);
  if ([...updates.keys()].some((feature) => feature.trim() === '')) {
    throw illegalArgument('Provided feature can not be empty.');
  }
  return updates;
}

/** Sends the updates. Returns why each feature was refused, undefined where it was not. */
async function send(
  { admin, check }: Cluster,
  updates: ReadonlyMap<string, number>,
  upgradeType: number,
  validateOnly: boolean,
): Promise<Map<string, string | undefined>> {
  // Version 0 knows a flag where later ones know a type.
  const typeIn = (version: number) => (version === 0 ? { allowDowngrade: upgradeType !== UPGRADE } : { upgradeType });
  try {
    return await admin.call('updateFeatures', async (call) => {
      await check(call);
      const timeoutMs = admin.client.options.requestTimeoutMs;
      const request = (version: number) => ({
        timeoutMs,
        featureUpdates: [...updates].map(([feature, maxVersionLevel]) => ({
          feature,
          maxVersionLevel,
          ...typeIn(version),
        })),
        validateOnly,
      });
      const response = await admin.toController(call, UpdateFeatures, request, ({ errorCode }) => errorCode);
      const { errorCode, errorMessage } = response;
      if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
      const refusals = new Map(
        response.results.map((each) => [
          each.feature,
          each.errorCode === 0 ? undefined : new ServerError(errorName(each.errorCode), each.errorMessage).message,
        ]),
      );
      return new Map([...updates.keys()].map((feature) => [feature, refusals.get(feature)]));
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return new Map([...updates.keys()].map((feature) => [feature, thrown.message]));
  }
}

async function change(cluster: Cluster, command: FeatureCommand, args: Arguments, io: Io): Promise<void> {
  const isDryRun = args['dry-run'] !== undefined;
  const downgrade = args.unsafe === undefined ? SAFE_DOWNGRADE : UNSAFE_DOWNGRADE;
  const upgradeType = command === 'upgrade' ? UPGRADE : downgrade;
  const updates = updatesOf(command, args, upgradeType);
  const results = await send(cluster, updates, upgradeType, isDryRun);
  let failures = 0;
  for (const [feature, refusal] of [...results].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const level = updates.get(feature);
    if (refusal === undefined) {
      const what = command === 'disable' ? 'disabled.' : `${command}d to ${level}.`;
      println(io.stdout, `${feature} ${isDryRun ? 'can be' : 'was'} ${what}`);
      continue;
    }
    failures++;
    const what = command === 'disable' ? `disable ${feature}` : `${command} ${feature} to ${level}`;
    println(io.stdout, `${isDryRun ? 'Can' : 'Could'} not ${what}. ${refusal}`);
  }
  if (failures > 0) throw new TerseError(`${failures} out of ${updates.size} operation(s) failed.`);
}

/** kafka-features (org.apache.kafka.tools.FeatureCommand). */
export async function features(argv: readonly string[], io: Io): Promise<number> {
  try {
    const { arguments: args, command, of } = parseFeatureArguments(argv, io);
    const properties = commandProperties(args['command-config']?.[0]);
    const controllers = args['bootstrap-controller']?.[0];
    const admin = await createAdmin(properties, controllers ?? args['bootstrap-server']![0]!, io);
    try {
      const check = async (call: Call): Promise<void> => {
        if (controllers !== undefined) await requireController(admin, call, io);
      };
      if (command === 'describe') await describe({ admin, check }, of.json !== undefined, io);
      else await change({ admin, check }, command, of, io);
    } finally {
      admin.close();
    }
    return 0;
  } catch (thrown) {
    if (thrown instanceof Exit || !(thrown instanceof ToolError || thrown instanceof TerseError)) throw thrown;
    // This tool tells every failure by its message alone; one that Java gets out of a future names its exception.
    println(io.stderr, thrown instanceof ServerError ? thrown.toString() : thrown.message);
    return 1;
  }
}
