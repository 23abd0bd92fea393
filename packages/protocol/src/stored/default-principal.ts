import { bool, defineMessage, string } from '../schema';

export const DefaultPrincipalData = defineMessage({
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  fields: {
    type: string('0+'),
    name: string('0+'),
    tokenAuthenticated: bool('0+'),
  },
});
