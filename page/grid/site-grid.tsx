export interface SiteGridProps {
  namespace: string;
  name: string;
}

/** All sites of a rollout at a glance. */
export function SiteGrid(_: SiteGridProps) {
  return <section aria-label="Sites" />;
}
