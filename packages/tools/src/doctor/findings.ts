import { advertisedFindings, bootstrapFinding } from './address-checks';
import { clusterFindings } from './cluster-checks';
import type { Facts, Finding } from './facts';

/** What is wrong, the worst first. Of a bootstrap list one address that leads to the cluster is enough. */
export function findingsOf({ bootstrap, cluster }: Facts): Finding[] {
  const findings = bootstrap.map(bootstrapFinding).filter((finding) => finding !== null);
  if (cluster === null) return findings;
  const lesser = findings.map((finding): Finding => ({ ...finding, level: 'warning' }));
  const all = [...lesser, ...advertisedFindings(cluster), ...clusterFindings(cluster)];
  return [...all.filter(({ level }) => level === 'error'), ...all.filter(({ level }) => level === 'warning')];
}
