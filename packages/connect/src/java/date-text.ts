const zoneName = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' });
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');

/** java.util.Date.toString, such as `Thu Jan 01 00:00:00 UTC 1970`, in the local time zone. */
export function dateText(date: Date): string {
  const zone = zoneName.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${two(date.getDate())} ${time} ${zone} ${date.getFullYear()}`;
}
