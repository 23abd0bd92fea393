import { array, bool, defineApi, int8, int16, int32, string } from '../schema';

export const DescribeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '0-4',
  deprecated: '0',
  flexible: '4+',
  request: {
    resources: array(
      {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configurationKeys: array(string, '0+', { nullable: '0+' }),
      },
      '0+',
    ),
    includeSynonyms: bool('1+', { default: false }),
    includeDocumentation: bool('3+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
            readOnly: bool('0+'),
            isDefault: bool('0'),
            configSource: int8('1+', { default: -1, ignorable: true }),
            isSensitive: bool('0+'),
            synonyms: array(
              {
                name: string('1+'),
                value: string('1+', { nullable: '0+' }),
                source: int8('1+'),
              },
              '1+',
              { ignorable: true },
            ),
            configType: int8('3+', { default: 0, ignorable: true }),
            documentation: string('3+', { nullable: '0+', ignorable: true }),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
