/** A timestamp for records that are to stay: 30 s after its start a broker deletes what is older than a week. */
export const RECENT_MS = Date.now();
