import { readFileSync } from 'node:fs';
import type { TlsOptions } from 'node:tls';
import { configException, ToolError } from '@odradek/tools/tool-error';
import { under } from '../config/worker-config';
import { asToolError, ConnectError } from '../errors';
import type { Props } from '../plugins/api';

/** The first bytes of Java's own keystores (JKS and JCEKS). */
const JAVA_MAGICS = [0xfeedfeed, 0xcececece];
const PEM_MARK = '-----BEGIN ';
const SEQUENCE = 0x30;

type Kind = 'PEM' | 'PKCS12';

/** A keystore or truststore, read: its type is what its bytes say, as Java takes either for the other. */
interface Store {
  readonly kind: Kind;
  readonly bytes: Buffer;
}

const invalid = (name: string, value: string, why: string): ToolError =>
  configException(`Invalid value ${value} for configuration ${name}: ${why}`);

function readStore(name: 'ssl.keystore' | 'ssl.truststore', path: string): Store {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    const cause = new ToolError('java.io.IOException', (thrown as Error).message);
    throw new ConnectError(`Failed to read ${name}.location ${path}`, cause);
  }
  if (bytes.includes(PEM_MARK)) return { kind: 'PEM', bytes };
  if (bytes[0] === SEQUENCE) return { kind: 'PKCS12', bytes };
  const isJava = bytes.length >= 4 && JAVA_MAGICS.includes(bytes.readUInt32BE(0));
  const what = isJava ? "Java's own format (JKS), which only a JVM reads" : 'neither PEM nor PKCS12';
  throw invalid(`${name}.location`, path, `The file is ${what}. ${remedy(name, path)}`);
}

function remedy(name: 'ssl.keystore' | 'ssl.truststore', path: string): string {
  const to = `${path.replace(/\.[^./]*$/, '')}.p12`;
  const convert = `keytool -importkeystore -srckeystore ${path} -destkeystore ${to} -deststoretype PKCS12`;
  if (name === 'ssl.keystore') return `Convert it: ${convert} and set ${name}.location=${to}`;
  const pem = to.replace(/p12$/, 'pem');
  return `Make it PEM: ${convert} && openssl pkcs12 -in ${to} -nokeys -out ${pem} and set ${name}.location=${pem}`;
}

const text = (props: Props, name: string): string | undefined => props.get(name)?.trim() || undefined;

function keyOptions(props: Props): TlsOptions {
  const inlineKey = text(props, 'ssl.keystore.key');
  const chain = text(props, 'ssl.keystore.certificate.chain');
  const passphrase = text(props, 'ssl.key.password') ?? text(props, 'ssl.keystore.password');
  const secret = passphrase !== undefined && { passphrase };
  if (inlineKey !== undefined && chain !== undefined) return { key: inlineKey, cert: chain, ...secret };
  const path = text(props, 'ssl.keystore.location');
  if (path === undefined) {
    throw configException(
      'An https listener needs ssl.keystore.location, a file in PEM or PKCS12 with key and certificate',
    );
  }
  const { kind, bytes } = readStore('ssl.keystore', path);
  if (kind === 'PEM') return { key: bytes, cert: bytes, ...secret };
  // The whole of a PKCS12 file is locked by its own password.
  return { pfx: bytes, passphrase: text(props, 'ssl.keystore.password') ?? '' };
}

/** Whose certificates are believed; undefined: those that Node believes. */
function trusted(props: Props): Buffer | string | undefined {
  const inline = text(props, 'ssl.truststore.certificates');
  if (inline !== undefined) return inline;
  const path = text(props, 'ssl.truststore.location');
  if (path === undefined) return undefined;
  const { kind, bytes } = readStore('ssl.truststore', path);
  if (kind === 'PEM') return bytes;
  const why = `Certificates of clients are taken from PEM only. ${remedy('ssl.truststore', path)}`;
  throw invalid('ssl.truststore.location', path, why);
}

const CLIENT_AUTH = ['required', 'requested', 'none'];

function clientAuth(props: Props): TlsOptions {
  const value = text(props, 'ssl.client.auth') ?? 'none';
  if (!CLIENT_AUTH.includes(value)) {
    throw invalid('ssl.client.auth', value, `String must be one of: ${CLIENT_AUTH.join(', ')}`);
  }
  // Asked for but not needed: Jetty ends the connection of a client whose certificate is not believed all the same.
  return { requestCert: value !== 'none', rejectUnauthorized: value === 'required' };
}

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

function versions(props: Props): TlsOptions {
  const enabled = (text(props, 'ssl.enabled.protocols') ?? 'TLSv1.2,TLSv1.3').split(',').map((each) => each.trim());
  const known = VERSIONS.filter((each) => enabled.includes(each));
  if (known.length < enabled.length) {
    throw invalid('ssl.enabled.protocols', enabled.join(','), `Each must be one of ${VERSIONS.join(', ')}`);
  }
  const suites = text(props, 'ssl.cipher.suites');
  return {
    minVersion: known[0]!,
    maxVersion: known.at(-1)!,
    ...(suites !== undefined && { ciphers: suites.replaceAll(/\s*,\s*/g, ':') }),
  };
}

/**
 * How an https listener shows itself and whom it believes: the settings under the prefix where there is one of them, else
 * those without it (SSLUtils). Throws `ToolError` that names the remedy.
 */
export function tlsOptions(props: Props, prefix: 'listeners.https.' | 'admin.listeners.https.'): TlsOptions {
  const own = under(props, prefix);
  const given = own.size > 0 ? own : props;
  const ca = trusted(given);
  return {
    ...keyOptions(given),
    ...(ca !== undefined && { ca }),
    ...clientAuth(given),
    ...versions(given),
  };
}

/** What Node says of a keystore that it cannot use. */
export const unusableStore = (thrown: unknown): ConnectError =>
  new ConnectError(
    'Failed to use the keystore of an https listener: wrong password, or no key in it',
    asToolError(thrown),
  );
