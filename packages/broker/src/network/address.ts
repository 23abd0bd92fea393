/** An address as Java's InetAddress.getHostAddress prints it: IPv6 in eight groups without leading zeros. */
export function javaAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [plain = '', zone] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  const text = groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':');
  return zone === undefined ? text : `${text}%${zone}`;
}
