import { CreateDelegationToken } from '@odradek/protocol/messages/create-delegation-token';
import { DescribeDelegationToken } from '@odradek/protocol/messages/describe-delegation-token';
import { ExpireDelegationToken } from '@odradek/protocol/messages/expire-delegation-token';
import { RenewDelegationToken } from '@odradek/protocol/messages/renew-delegation-token';
import type { Principal } from '../principal';
import { type Admin, refusalOf } from './admin';
import { execute } from './futures';

/** A delegation token as brokers tell of it. */
export interface Token {
  readonly tokenId: string;
  readonly hmac: Buffer;
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestampMs: number;
  readonly expiryTimestampMs: number;
  readonly maxTimestampMs: number;
}

const fields = ({ type, name }: Principal) => ({ principalType: type, principalName: name });

function check(errorCode: number): void {
  if (errorCode !== 0) throw refusalOf(errorCode);
}

/** Brokers before version 3 do not tell who asked for a token: its owner did. */
const requesterOf = (type: string, name: string, owner: string): string => (type === '' ? owner : `${type}:${name}`);

/** Makes a token of an owner, of whoever asks where none is given. */
export function createToken(
  admin: Admin,
  owner: Principal | undefined,
  renewers: readonly Principal[],
  maxLifetimeMs: number,
): Promise<Token> {
  return execute(admin, 'createDelegationToken', async (call) => {
    const made = await admin.toController(
      call,
      CreateDelegationToken,
      {
        ownerPrincipalType: owner?.type ?? null,
        ownerPrincipalName: owner?.name ?? null,
        renewers: renewers.map(fields),
        maxLifetimeMs,
      },
      ({ errorCode }) => errorCode,
    );
    check(made.errorCode);
    const text = `${made.principalType}:${made.principalName}`;
    return {
      ...made,
      hmac: Buffer.from(made.hmac),
      owner: text,
      requester: requesterOf(made.tokenRequesterPrincipalType, made.tokenRequesterPrincipalName, text),
      renewers: renewers.map((renewer) => renewer.text),
    };
  });
}

/** Returns when the token expires now. */
export function renewToken(admin: Admin, hmac: Buffer, renewPeriodMs: number): Promise<number> {
  return execute(admin, 'renewDelegationToken', async (call) => {
    const request = { hmac, renewPeriodMs };
    const { errorCode, expiryTimestampMs } = await admin.toController(
      call,
      RenewDelegationToken,
      request,
      (answer) => answer.errorCode,
    );
    check(errorCode);
    return expiryTimestampMs;
  });
}

/** Returns when the token expires now. */
export function expireToken(admin: Admin, hmac: Buffer, expiryTimePeriodMs: number): Promise<number> {
  return execute(admin, 'expireDelegationToken', async (call) => {
    const request = { hmac, expiryTimePeriodMs };
    const { errorCode, expiryTimestampMs } = await admin.toController(
      call,
      ExpireDelegationToken,
      request,
      (answer) => answer.errorCode,
    );
    check(errorCode);
    return expiryTimestampMs;
  });
}

/** The tokens of these owners; of whoever asks where none is given. */
export function describeTokens(admin: Admin, owners: readonly Principal[]): Promise<Token[]> {
  return execute(admin, 'describeDelegationToken', async (call) => {
    const { errorCode, tokens } = await admin.toAny(call, DescribeDelegationToken, {
      owners: owners.length === 0 ? null : owners.map(fields),
    });
    check(errorCode);
    return tokens.map((token) => {
      const owner = `${token.principalType}:${token.principalName}`;
      return {
        tokenId: token.tokenId,
        hmac: Buffer.from(token.hmac),
        owner,
        requester: requesterOf(token.tokenRequesterPrincipalType, token.tokenRequesterPrincipalName, owner),
        renewers: token.renewers.map(({ principalType, principalName }) => `${principalType}:${principalName}`),
        issueTimestampMs: token.issueTimestamp,
        expiryTimestampMs: token.expiryTimestamp,
        maxTimestampMs: token.maxTimestamp,
      };
    });
  });
}
