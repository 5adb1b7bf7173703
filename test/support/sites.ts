/** FogSites as a person would write them. */

export interface SiteManifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
}

/** A FogSite of the edge unless told otherwise; looser than what the API server takes: tests write wrong ones too. */
export function aSiteManifest(name: string, spec: object = {}): SiteManifest {
  return { apiVersion: 'paguos.io/v1alpha1', kind: 'FogSite', metadata: { name }, spec: { layer: 'edge', ...spec } };
}
