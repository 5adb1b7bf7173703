/** Generated from crds/fogrollouts.yaml by `npm run generate`: edit that file, not this one. */

export type Quantity = number | string;
export type IntOrString = number | string;
/**
 * As a FogWindow has them.
 *
 * @minItems 1
 * @maxItems 8
 */
export type GatePeriods = GatePeriod[];
/**
 * Of http or https, without user and password.
 */
export type GateUrl = string;
/**
 * How long it may take.
 */
export type GateDeadline = number;
/**
 * Gates, all of which must open before the rollout goes on from there.
 *
 * @maxItems 8
 */
export type Gates = Gate[];
export type Amount = number | string;
/**
 * Where the rollout as a whole is.
 */
export type Phase =
  'Pending' | 'Progressing' | 'WaitingForApproval' | 'Paused' | 'RollingBack' | 'Succeeded' | 'Failed' | 'Removing';
export type Layer = 'cloud' | 'fog' | 'edge';
export type LayerPhase = 'Pending' | 'Progressing' | 'Ready' | 'Skipped' | 'Failed' | 'Removing';
export type GatePlace = 'before' | 'after';

export interface FogRollout {
  spec: FogRolloutSpec;
  status?: FogRolloutStatus;
}
/**
 * What is to run. Every change of it starts a new run through the layers.
 */
export interface FogRolloutSpec {
  /**
   * The version of the application, in words of your own; shown wherever the rollout is.
   */
  version: string;
  /**
   * What each layer runs. A layer left out is skipped, and removed where an earlier revision had it.
   */
  deployments: {
    cloud?: LayerContent;
    fog?: LayerContent;
    edge?: LayerContent;
  };
  strategy?: Strategy;
}
/**
 * What one layer runs. At each of its sites this becomes a Deployment, and a Service when a container has ports.
 */
export interface LayerContent {
  /**
   * Pods at each site. Left out, it is not ours to set, so that an autoscaler may (1 to begin with).
   */
  replicas?: number;
  /**
   * Annotations of the pods.
   */
  podAnnotations?: {
    [k: string]: string;
  };
  /**
   * Labels of the pods, besides the ones that are set to find them again.
   */
  podLabels?: {
    [k: string]: string;
  };
  /**
   * The pods' containers, as core/v1 has them: kubectl explain pod.spec.containers
   *
   * @minItems 1
   * @maxItems 12
   */
  containers: Container[];
  /**
   * Containers that run before the others, or beside them with restartPolicy Always: kubectl explain pod.spec.initContainers
   *
   * @maxItems 12
   */
  initContainers?: Container[];
  /**
   * Secrets, in the namespace of each site, that the images are pulled with.
   */
  imagePullSecrets?: {
    /**
     * Name of the Secret.
     */
    name: string;
  }[];
  affinity?: Affinity;
  /**
   * As core/v1 has it: kubectl explain pod.spec.nodeSelector
   */
  nodeSelector?: {
    [k: string]: string;
  };
  securityContext?: PodSecurityContext;
  /**
   * As core/v1 has it: kubectl explain pod.spec.serviceAccountName
   */
  serviceAccountName?: string;
  /**
   * As core/v1 has it: kubectl explain pod.spec.terminationGracePeriodSeconds
   */
  terminationGracePeriodSeconds?: number;
  /**
   * As core/v1 has it: kubectl explain pod.spec.tolerations
   */
  tolerations?: Toleration[];
  /**
   * As core/v1 has it: kubectl explain pod.spec.volumes
   */
  volumes?: Volume[];
}
export interface Container {
  name: string;
  /**
   * @maxItems 64
   */
  ports?: ContainerPort[];
  args?: string[];
  command?: string[];
  env?: EnvVar[];
  envFrom?: EnvFromSource[];
  image?: string;
  imagePullPolicy?: string;
  lifecycle?: Lifecycle;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  resizePolicy?: ContainerResizePolicy[];
  resources?: ResourceRequirements;
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  securityContext?: SecurityContext;
  startupProbe?: Probe;
  stdin?: boolean;
  stdinOnce?: boolean;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  tty?: boolean;
  volumeDevices?: VolumeDevice[];
  volumeMounts?: VolumeMount[];
  workingDir?: string;
}
export interface ContainerPort {
  containerPort: number;
  hostIP?: string;
  hostPort?: number;
  name?: string;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
}
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: EnvVarSource;
}
export interface EnvVarSource {
  configMapKeyRef?: ConfigMapKeySelector;
  fieldRef?: ObjectFieldSelector;
  fileKeyRef?: FileKeySelector;
  resourceFieldRef?: ResourceFieldSelector;
  secretKeyRef?: SecretKeySelector;
}
export interface ConfigMapKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}
export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}
export interface FileKeySelector {
  key: string;
  optional?: boolean;
  path: string;
  volumeName: string;
}
export interface ResourceFieldSelector {
  containerName?: string;
  divisor?: Quantity;
  resource: string;
}
export interface SecretKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}
export interface EnvFromSource {
  configMapRef?: ConfigMapEnvSource;
  prefix?: string;
  secretRef?: SecretEnvSource;
}
export interface ConfigMapEnvSource {
  name?: string;
  optional?: boolean;
}
export interface SecretEnvSource {
  name?: string;
  optional?: boolean;
}
export interface Lifecycle {
  postStart?: LifecycleHandler;
  preStop?: LifecycleHandler;
  stopSignal?: string;
}
export interface LifecycleHandler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  sleep?: SleepAction;
  tcpSocket?: TCPSocketAction;
}
export interface ExecAction {
  command?: string[];
}
export interface HTTPGetAction {
  host?: string;
  httpHeaders?: HTTPHeader[];
  path?: string;
  port: IntOrString;
  scheme?: string;
}
export interface HTTPHeader {
  name: string;
  value: string;
}
export interface SleepAction {
  seconds: number;
}
export interface TCPSocketAction {
  host?: string;
  port: IntOrString;
}
export interface Probe {
  exec?: ExecAction;
  failureThreshold?: number;
  grpc?: GRPCAction;
  httpGet?: HTTPGetAction;
  initialDelaySeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  tcpSocket?: TCPSocketAction;
  terminationGracePeriodSeconds?: number;
  timeoutSeconds?: number;
}
export interface GRPCAction {
  port: number;
  service?: string;
}
export interface ContainerResizePolicy {
  resourceName: string;
  restartPolicy: string;
}
export interface ResourceRequirements {
  claims?: ResourceClaim[];
  limits?: {
    [k: string]: Quantity;
  };
  requests?: {
    [k: string]: Quantity;
  };
}
export interface ResourceClaim {
  name: string;
  request?: string;
}
export interface ContainerRestartRule {
  action: string;
  exitCodes?: ContainerRestartRuleOnExitCodes;
}
export interface ContainerRestartRuleOnExitCodes {
  operator: string;
  values?: number[];
}
export interface SecurityContext {
  allowPrivilegeEscalation?: boolean;
  appArmorProfile?: AppArmorProfile;
  capabilities?: Capabilities;
  privileged?: boolean;
  procMount?: string;
  readOnlyRootFilesystem?: boolean;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  windowsOptions?: WindowsSecurityContextOptions;
}
export interface AppArmorProfile {
  localhostProfile?: string;
  type: string;
}
export interface Capabilities {
  add?: string[];
  drop?: string[];
}
export interface SELinuxOptions {
  level?: string;
  role?: string;
  type?: string;
  user?: string;
}
export interface SeccompProfile {
  localhostProfile?: string;
  type: string;
}
export interface WindowsSecurityContextOptions {
  gmsaCredentialSpec?: string;
  gmsaCredentialSpecName?: string;
  hostProcess?: boolean;
  runAsUserName?: string;
}
export interface VolumeDevice {
  devicePath: string;
  name: string;
}
export interface VolumeMount {
  mountPath: string;
  mountPropagation?: string;
  name: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  subPath?: string;
  subPathExpr?: string;
}
/**
 * As core/v1 has it: kubectl explain pod.spec.affinity
 */
export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAntiAffinity;
}
export interface NodeAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
}
export interface PreferredSchedulingTerm {
  preference: NodeSelectorTerm;
  weight: number;
}
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}
export interface NodeSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}
export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}
export interface PodAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}
export interface WeightedPodAffinityTerm {
  podAffinityTerm: PodAffinityTerm;
  weight: number;
}
export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
  namespaceSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey: string;
}
export interface LabelSelector {
  matchExpressions?: LabelSelectorRequirement[];
  matchLabels?: {
    [k: string]: string;
  };
}
export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}
export interface PodAntiAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}
/**
 * As core/v1 has it: kubectl explain pod.spec.securityContext
 */
export interface PodSecurityContext {
  appArmorProfile?: AppArmorProfile;
  fsGroup?: number;
  fsGroupChangePolicy?: string;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxChangePolicy?: string;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: string;
  sysctls?: Sysctl[];
  windowsOptions?: WindowsSecurityContextOptions;
}
export interface Sysctl {
  name: string;
  value: string;
}
export interface Toleration {
  effect?: string;
  key?: string;
  operator?: string;
  tolerationSeconds?: number;
  value?: string;
}
export interface Volume {
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  azureFile?: AzureFileVolumeSource;
  cephfs?: CephFSVolumeSource;
  cinder?: CinderVolumeSource;
  configMap?: ConfigMapVolumeSource;
  csi?: CSIVolumeSource;
  downwardAPI?: DownwardAPIVolumeSource;
  emptyDir?: EmptyDirVolumeSource;
  ephemeral?: EphemeralVolumeSource;
  fc?: FCVolumeSource;
  flexVolume?: FlexVolumeSource;
  flocker?: FlockerVolumeSource;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  gitRepo?: GitRepoVolumeSource;
  glusterfs?: GlusterfsVolumeSource;
  hostPath?: HostPathVolumeSource;
  image?: ImageVolumeSource;
  iscsi?: ISCSIVolumeSource;
  name: string;
  nfs?: NFSVolumeSource;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  projected?: ProjectedVolumeSource;
  quobyte?: QuobyteVolumeSource;
  rbd?: RBDVolumeSource;
  scaleIO?: ScaleIOVolumeSource;
  secret?: SecretVolumeSource;
  storageos?: StorageOSVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
}
export interface AWSElasticBlockStoreVolumeSource {
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
  volumeID: string;
}
export interface AzureDiskVolumeSource {
  cachingMode?: string;
  diskName: string;
  diskURI: string;
  fsType?: string;
  kind?: string;
  readOnly?: boolean;
}
export interface AzureFileVolumeSource {
  readOnly?: boolean;
  secretName: string;
  shareName: string;
}
export interface CephFSVolumeSource {
  monitors: string[];
  path?: string;
  readOnly?: boolean;
  secretFile?: string;
  secretRef?: LocalObjectReference;
  user?: string;
}
export interface LocalObjectReference {
  name?: string;
}
export interface CinderVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  volumeID: string;
}
export interface ConfigMapVolumeSource {
  defaultMode?: number;
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}
export interface KeyToPath {
  key: string;
  mode?: number;
  path: string;
}
export interface CSIVolumeSource {
  driver: string;
  fsType?: string;
  nodePublishSecretRef?: LocalObjectReference;
  readOnly?: boolean;
  volumeAttributes?: {
    [k: string]: string;
  };
}
export interface DownwardAPIVolumeSource {
  defaultMode?: number;
  items?: DownwardAPIVolumeFile[];
}
export interface DownwardAPIVolumeFile {
  fieldRef?: ObjectFieldSelector;
  mode?: number;
  path: string;
  resourceFieldRef?: ResourceFieldSelector;
}
export interface EmptyDirVolumeSource {
  medium?: string;
  sizeLimit?: Quantity;
}
export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate;
}
export interface PersistentVolumeClaimTemplate {
  metadata?: ObjectMeta;
  spec: PersistentVolumeClaimSpec;
}
export interface ObjectMeta {
  annotations?: {
    [k: string]: string;
  };
  labels?: {
    [k: string]: string;
  };
}
export interface PersistentVolumeClaimSpec {
  accessModes?: string[];
  dataSource?: TypedLocalObjectReference;
  dataSourceRef?: TypedObjectReference;
  resources?: VolumeResourceRequirements;
  selector?: LabelSelector;
  storageClassName?: string;
  volumeAttributesClassName?: string;
  volumeMode?: string;
  volumeName?: string;
}
export interface TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}
export interface TypedObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}
export interface VolumeResourceRequirements {
  limits?: {
    [k: string]: Quantity;
  };
  requests?: {
    [k: string]: Quantity;
  };
}
export interface FCVolumeSource {
  fsType?: string;
  lun?: number;
  readOnly?: boolean;
  targetWWNs?: string[];
  wwids?: string[];
}
export interface FlexVolumeSource {
  driver: string;
  fsType?: string;
  options?: {
    [k: string]: string;
  };
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}
export interface FlockerVolumeSource {
  datasetName?: string;
  datasetUUID?: string;
}
export interface GCEPersistentDiskVolumeSource {
  fsType?: string;
  partition?: number;
  pdName: string;
  readOnly?: boolean;
}
export interface GitRepoVolumeSource {
  directory?: string;
  repository: string;
  revision?: string;
}
export interface GlusterfsVolumeSource {
  endpoints: string;
  path: string;
  readOnly?: boolean;
}
export interface HostPathVolumeSource {
  path: string;
  type?: string;
}
export interface ImageVolumeSource {
  pullPolicy?: string;
  reference?: string;
}
export interface ISCSIVolumeSource {
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  fsType?: string;
  initiatorName?: string;
  iqn: string;
  iscsiInterface?: string;
  lun: number;
  portals?: string[];
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  targetPortal: string;
}
export interface NFSVolumeSource {
  path: string;
  readOnly?: boolean;
  server: string;
}
export interface PersistentVolumeClaimVolumeSource {
  claimName: string;
  readOnly?: boolean;
}
export interface PhotonPersistentDiskVolumeSource {
  fsType?: string;
  pdID: string;
}
export interface PortworxVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  volumeID: string;
}
export interface ProjectedVolumeSource {
  defaultMode?: number;
  sources?: VolumeProjection[];
}
export interface VolumeProjection {
  clusterTrustBundle?: ClusterTrustBundleProjection;
  configMap?: ConfigMapProjection;
  downwardAPI?: DownwardAPIProjection;
  podCertificate?: PodCertificateProjection;
  secret?: SecretProjection;
  serviceAccountToken?: ServiceAccountTokenProjection;
}
export interface ClusterTrustBundleProjection {
  labelSelector?: LabelSelector;
  name?: string;
  optional?: boolean;
  path: string;
  signerName?: string;
}
export interface ConfigMapProjection {
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}
export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[];
}
export interface PodCertificateProjection {
  certificateChainPath?: string;
  credentialBundlePath?: string;
  keyPath?: string;
  keyType: string;
  maxExpirationSeconds?: number;
  signerName: string;
  userAnnotations?: {
    [k: string]: string;
  };
}
export interface SecretProjection {
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}
export interface ServiceAccountTokenProjection {
  audience?: string;
  expirationSeconds?: number;
  path: string;
}
export interface QuobyteVolumeSource {
  group?: string;
  readOnly?: boolean;
  registry: string;
  tenant?: string;
  user?: string;
  volume: string;
}
export interface RBDVolumeSource {
  fsType?: string;
  image: string;
  keyring?: string;
  monitors: string[];
  pool?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  user?: string;
}
export interface ScaleIOVolumeSource {
  fsType?: string;
  gateway: string;
  protectionDomain?: string;
  readOnly?: boolean;
  secretRef: LocalObjectReference;
  sslEnabled?: boolean;
  storageMode?: string;
  storagePool?: string;
  system: string;
  volumeName?: string;
}
export interface SecretVolumeSource {
  defaultMode?: number;
  items?: KeyToPath[];
  optional?: boolean;
  secretName?: string;
}
export interface StorageOSVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  volumeName?: string;
  volumeNamespace?: string;
}
export interface VsphereVirtualDiskVolumeSource {
  fsType?: string;
  storagePolicyID?: string;
  storagePolicyName?: string;
  volumePath: string;
}
/**
 * How a revision goes through the layers.
 */
export interface Strategy {
  /**
   * Holds the rollout: no further step is begun and no further site is given anything. What is under way comes to its end.
   */
  paused?: boolean;
  /**
   * Seconds a layer may go without progress before its stage, and with it the run, has failed.
   */
  progressDeadlineSeconds?: number;
  /**
   * Of how many generations, rollbacks and restarts the content is kept, with how their runs went. What a layer still runs and what succeeded last are kept besides.
   */
  revisionHistoryLimit?: number;
  /**
   * What becomes of it when a layer or a gate fails. Halt: lower layers keep what they run, and nothing else is changed. Rollback: all layers go back to the revision that last succeeded, edge first.
   */
  onFailure?: 'Halt' | 'Rollback';
  /**
   * The revision that last succeeded is rolled back to without waves, all sites at once by maxConcurrency alone, when it was replaced no longer ago than this.
   */
  rollbackWindowSeconds?: number;
  /**
   * What a site waits for. Layer: all of the layer above. Branch: its own parent alone, so that a slow region holds back only its own edges.
   */
  promotion?: 'Layer' | 'Branch';
  /**
   * What a layer waits for, and how its sites are gone through; the latter says nothing of a layer without FogSites.
   */
  layers?: {
    cloud?: LayerStrategy;
    fog?: LayerStrategy;
    edge?: LayerStrategy;
  };
}
/**
 * What it waits for, and how its sites are gone through.
 */
export interface LayerStrategy {
  before?: Gates;
  after?: Gates;
  /**
   * How long the layer has to be ready without interruption before the next has its turn; beside its `after`.
   */
  soakSeconds?: number;
  siteSelector?: SiteSelector;
  /**
   * Whether a site that is moved, or no longer selected, or whose FogSite is deleted, loses the release it had. Left out, it does.
   */
  prune?: boolean;
  maxConcurrency?: Amount;
  /**
   * Parts of the layer, one after the other; the sites that no wave takes make up a last one.
   *
   * @maxItems 20
   */
  waves?: WaveStrategy[];
  /**
   * How many sites may fail, a number or a percentage of the layer's sites (rounded up). One more, and no further site is started. Left out, 0.
   */
  maxFailures?: number | string;
  /**
   * How many sites must be ready for the layer to be, a number or a percentage of its sites (rounded up). Left out, 1.
   */
  minSuccess?: number | string;
  /**
   * A label of the sites by whose value they are started, numbers as numbers; sites without it last.
   */
  order?: string;
  rampUp?: RampUp;
  /**
   * Most sites started in a minute, for thin links and registries.
   */
  maxSitesPerMinute?: number;
  offline?: OfflineStrategy;
}
export interface Gate {
  /**
   * Names it in messages and actions, once on each side of a layer. Left out, it is named after its kind.
   */
  name?: string;
  approval?: ApprovalGate;
  window?: WindowGate;
  http?: HttpGate;
  job?: JobGate;
  workflow?: WorkflowGate;
  metric?: MetricGate;
}
/**
 * Opens when so many different people have approved the revision that waits.
 */
export interface ApprovalGate {
  /**
   * How many different people.
   */
  required?: number;
  /**
   * What is asked of them, for people.
   */
  reason?: string;
  /**
   * No approval of whoever last changed spec counts.
   */
  notAuthor?: boolean;
  /**
   * How long it waits. Left out, for ever.
   */
  expiresAfterSeconds?: number;
  /**
   * Pause: the rollout is held until a person resumes it, and then it waits anew. Fail: the run has failed.
   */
  onExpire?: 'Pause' | 'Fail';
}
/**
 * Opens when a FogWindow of the namespace is open, whichever FogRollouts that is for, or by the rules that are given here.
 */
export interface WindowGate {
  /**
   * Name of the FogWindow.
   */
  ref?: string;
  allow?: GatePeriods;
  deny?: GatePeriods;
}
export interface GatePeriod {
  /**
   * Its (first) beginning: 2026-01-05T08:00
   */
  start?: string;
  /**
   * How long it lasts: PT8H30M, P2D
   */
  duration?: string;
  /**
   * IANA time zone: Europe/Berlin
   */
  timeZone?: string;
  /**
   * When it begins again (RFC 5545): FREQ=DAILY
   */
  rrule?: string;
}
/**
 * Asks until the deadline. By a POST: 2xx opens, 4xx refuses. With `success`, by a GET.
 */
export interface HttpGate {
  url: GateUrl;
  secretRef?: GateSecret;
  /**
   * In CEL, of `status` and `body`, which is JSON: whether a 2xx answer opens.
   */
  success?: string;
  /**
   * The same of any answer: whether it refuses.
   */
  failure?: string;
  /**
   * How long a try may take.
   */
  timeoutSeconds?: number;
  /**
   * Longest pause between tries.
   */
  retrySeconds?: number;
  deadlineSeconds?: GateDeadline;
}
/**
 * A key of a Secret beside the FogRollout that is labelled for gates.
 */
export interface GateSecret {
  /**
   * Name of the Secret.
   */
  name: string;
  /**
   * Which of its keys.
   */
  key: string;
}
/**
 * Runs a Job of a CronJob beside the FogRollout: Complete opens, Failed has failed.
 */
export interface JobGate {
  /**
   * Name of the CronJob.
   */
  cronJob: string;
  deadlineSeconds?: GateDeadline;
}
/**
 * Starts a Temporal workflow on a task queue that the operator has opened for gates: its end opens, its failure has failed.
 */
export interface WorkflowGate {
  /**
   * The workflow's type.
   */
  type: string;
  /**
   * Its task queue.
   */
  taskQueue: string;
  /**
   * Texts it is given.
   */
  input?: {
    [k: string]: string;
  };
  deadlineSeconds?: GateDeadline;
}
/**
 * Asks Prometheus every interval: `count` good answers open, bad ones beyond the limit have failed, those that say nothing hold the rollout until a person resumes it.
 */
export interface MetricGate {
  /**
   * What is asked.
   */
  prometheus: {
    url: GateUrl;
    /**
     * An instant query in PromQL.
     */
    query: string;
    secretRef?: GateSecret;
  };
  /**
   * In CEL, of `result`, a list of values: whether they are good.
   */
  success: string;
  /**
   * Whether they are bad. Left out, what is not good is.
   */
  failure?: string;
  /**
   * Between two measurements.
   */
  intervalSeconds?: number;
  /**
   * How many have to be good.
   */
  count?: number;
  /**
   * How many may be bad.
   */
  failureLimit?: number;
  /**
   * How many may say nothing.
   */
  inconclusiveLimit?: number;
}
/**
 * Which sites of the layer take part, by their labels. Left out, all.
 */
export interface SiteSelector {
  /**
   * Labels with these values.
   */
  matchLabels?: {
    [k: string]: string;
  };
  /**
   * Rules, all of which hold.
   *
   * @maxItems 16
   */
  matchExpressions?: SiteRequirement[];
}
export interface SiteRequirement {
  /**
   * Name of a label.
   */
  key: string;
  /**
   * What holds of it.
   */
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /**
   * For In and NotIn.
   *
   * @maxItems 64
   */
  values?: string[];
}
export interface WaveStrategy {
  /**
   * Shown wherever the wave is.
   */
  name?: string;
  /**
   * How many sites, a number or a percentage of the layer's (rounded up). Left out, all that the selector takes.
   */
  size?: number | string;
  siteSelector?: SiteSelector;
  after?: Gates;
}
/**
 * Starts with few sites at once and takes more as they succeed, up to maxConcurrency.
 */
export interface RampUp {
  /**
   * Sites at once to begin with.
   */
  initial?: number;
  /**
   * By how much the number grows each time that many sites were ready.
   */
  factor?: number;
}
/**
 * What becomes of sites that cannot be reached.
 */
export interface OfflineStrategy {
  /**
   * Defer: the layer goes on, and the site is brought up to date when it is back. Fail: it counts as failed. Wait: the layer waits for it.
   */
  policy?: 'Defer' | 'Fail' | 'Wait';
  /**
   * How long a site may be out of reach before that.
   */
  afterSeconds?: number;
  /**
   * How many sites must be in reach for the layer to be ready, a number or a percentage of its sites (rounded up).
   */
  minReachable?: number | string;
  /**
   * How long a deferred site is waited for before it counts as failed.
   */
  expireAfterSeconds?: number;
}
/**
 * What was last seen of it; written by Fog Rollouts.
 */
export interface FogRolloutStatus {
  /**
   * The metadata.generation whose run last ended, well or for good; -1 before the first.
   */
  observedGeneration: number;
  phase: Phase;
  /**
   * The version that all layers last completed.
   */
  version?: string;
  revision?: RevisionId;
  run?: RunReference;
  /**
   * The layers, in the order they are promoted.
   *
   * @maxItems 3
   */
  layers?: LayerStatus[];
  /**
   * The revisions that all layers completed last, newest first; their content is kept for a rollback.
   *
   * @maxItems 2
   */
  succeeded?: SucceededRevision[];
  rollback?: RollbackStatus;
  /**
   * When its pods were last restarted by a FogAction.
   */
  restartedAt?: string;
  hold?: Hold;
  /**
   * What the last run has waited for, or waits for, newest last.
   *
   * @maxItems 12
   */
  gates?: GateStatus[];
  /**
   * Sites that failed, newest first.
   *
   * @maxItems 20
   */
  failures?: SiteFailure[];
  /**
   * Ready always; Reconciling and Stalled only while they are True (the kstatus rules).
   */
  conditions?: Condition[];
}
/**
 * The revision that is being rolled out, or last was.
 */
export interface RevisionId {
  /**
   * The metadata.generation it was made from.
   */
  generation: number;
  /**
   * Its spec.version.
   */
  version: string;
  /**
   * A hash of what it gives its sites.
   */
  hash: string;
  /**
   * Tells decisions within a generation apart; 0 where left out.
   */
  attempt?: number;
}
/**
 * The Temporal workflow run that last worked on this object.
 */
export interface RunReference {
  workflowId: string;
  runId: string;
  startedAt: string;
  /**
   * For those alone that write the status; a later report has a higher one.
   */
  reports: number;
  /**
   * uid of the FogAction that began it; left out where none did.
   */
  action?: string;
  /**
   * Its trace, where traces are sent to a collector.
   */
  traceId?: string;
}
export interface LayerStatus {
  name: Layer;
  phase: LayerPhase;
  /**
   * The version its sites were last given.
   */
  version?: string;
  /**
   * The metadata.generation its sites were last given.
   */
  generation?: number;
  /**
   * Which attempt of that; 0 where left out.
   */
  attempt?: number;
  /**
   * A hash of what its sites were last given.
   */
  hash?: string;
  /**
   * Ready sites of all, as "1/1": sites.ready and sites.total for a printed column.
   */
  readySites?: string;
  sites: SiteCounts;
  /**
   * How many FogShards hold the record of its sites; left out where the layer has its one implicit site.
   */
  shards?: number;
  message?: string;
  skipped?: LayerSkip;
  startedAt?: string;
  finishedAt?: string;
}
/**
 * How many sites the layer has, and how they are.
 */
export interface SiteCounts {
  total: number;
  /**
   * Given the revision that the layer is being promoted to.
   */
  updated: number;
  /**
   * Ready with the revision they were last given.
   */
  ready: number;
  failed: number;
  deferred: number;
  /**
   * Ready when they were last seen, and out of reach now; left out when there are none.
   */
  unknown?: number;
}
/**
 * Who passed it over, by a FogAction: at once, or when its turn comes.
 */
export interface LayerSkip {
  by: string;
  at: string;
  reason?: string;
}
export interface SucceededRevision {
  generation: number;
  attempt?: number;
  version: string;
  hash: string;
  /**
   * When another revision began; left out while there is none.
   */
  until?: string;
}
/**
 * What it is, or was, rolled back to. While this is there spec is not promoted: a change of spec does that, or a FogAction Resume.
 */
export interface RollbackStatus {
  /**
   * The metadata.generation whose content it is.
   */
  generation: number;
  version: string;
  /**
   * Who asked for it; left out where spec.strategy.onFailure did.
   */
  by?: string;
  reason?: string;
  at: string;
  /**
   * All layers have it.
   */
  done?: boolean;
}
/**
 * Who paused it; there while that holds. A newer revision waits for their Resume too.
 */
export interface Hold {
  by: string;
  at: string;
  reason?: string;
}
export interface GateStatus {
  layer: Layer;
  at: GatePlace;
  /**
   * Of the layer: it is waited for after that, before the next.
   */
  wave?: string;
  name: string;
  state: 'Closed' | 'Open' | 'Failed';
  message: string;
  /**
   * When it was come to.
   */
  since: string;
  /**
   * Of a soak: the layer is not ready now.
   */
  unready?: boolean;
  /**
   * @maxItems 10
   */
  decisions?: GateDecision[];
}
export interface GateDecision {
  by: string;
  at: string;
}
export interface SiteFailure {
  site: string;
  layer: Layer;
  /**
   * One word, e.g. ProgressDeadlineExceeded, Invalid, Forbidden, NotOurs.
   */
  reason: string;
  message: string;
}
export interface Condition {
  /**
   * Ready, Reconciling, Stalled; others may come.
   */
  type: string;
  status: 'True' | 'False' | 'Unknown';
  observedGeneration: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}
