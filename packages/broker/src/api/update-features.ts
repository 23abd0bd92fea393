import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { UpdateFeatures } from '@odradek/protocol/messages/update-features';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

type Update = RequestOf<typeof UpdateFeatures>['featureUpdates'][number];

const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;

/**
 * Finalizes features of the cluster (KIP-584). In ZooKeeper mode no broker supports any, so that there is a reason
 * against each (KafkaController.validateFeatureUpdate).
 */
export function updateFeatures({ controller }: Services): Handler<typeof UpdateFeatures> {
  return handler({
    api: UpdateFeatures,
    handle({ featureUpdates }, { apiVersion }) {
      if (!controller.isActive) throw new KafkaError('NOT_CONTROLLER');
      // Of several updates of one feature the first counts.
      const byName = new Map([...featureUpdates].reverse().map((update) => [update.feature, update]));
      return {
        errorCode: 0,
        errorMessage: null,
        results: [...byName.values()].map((update) => ({
          feature: update.feature,
          errorCode: ERRORS.INVALID_REQUEST.code,
          errorMessage: whyNot(update, upgradeTypeOf(update, apiVersion)),
        })),
      };
    },
    fail: (error) => ({ errorCode: error.code, errorMessage: specificMessage(error), results: [] }),
  });
}

/** Version 0 has a flag where later ones have a type. */
function upgradeTypeOf({ allowDowngrade, upgradeType }: Update, apiVersion: number): number {
  if (apiVersion > 0) return upgradeType;
  return allowDowngrade ? SAFE_DOWNGRADE : UPGRADE;
}

function whyNot({ feature, maxVersionLevel }: Update, upgradeType: number): string {
  if (feature === '') return 'Feature name can not be empty.';
  if (![UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE].includes(upgradeType)) return 'Received unknown upgrade type.';
  if (maxVersionLevel >= 1) {
    return 'Could not apply finalized feature update because the provided feature is not supported.';
  }
  return upgradeType === UPGRADE
    ? `Can not provide versionLevel: ${maxVersionLevel} less than 1 without setting the SAFE downgradeType in the request.`
    : 'Can not delete non-existing finalized feature.';
}
