import { createHash } from 'node:crypto';
import type { V1Container, V1CronJob, V1Job, V1JobSpec } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import type { CallOptions } from '../../kube/connection.ts';
import { isAlreadyExists, isForbidden, isInvalid, isNotFound, isTransient, messageOf } from '../../kube/errors.ts';
import { Informer } from '../../kube/informer.ts';
import { CRON_JOBS, JOBS, type KubeObject } from '../../kube/resources.ts';
import { deadlineOf } from '../../model/gates/asked.ts';
import { type AskGateInput, GATE_REASONS } from '../../model/gates/asking.ts';
import type { GateReply } from '../../model/gates/kind.ts';
import { ANNOTATIONS, gateJobName, LABELS, MANAGED_BY, ownerReference } from '../../model/names.ts';
import { GateProblem } from './problem.ts';

export interface JobGateDeps {
  client: KubeClient;
}

type Live = V1Job & KubeObject;

/** How long a Job is kept after its end where its template says nothing, in seconds: its pods' logs may be asked for. */
const KEPT_SECONDS = 7 * 86_400;

/** Runs the asking's Job, which has its name by the token, or finds it running; resolves when it has ended. */
export async function askByJob(input: AskGateInput, { client }: JobGateDeps, signal: AbortSignal): Promise<GateReply> {
  const options = { signal };
  const ref = refOf(input);
  const live = (await onHub(() => client.find<Live>(JOBS, ref, options))) ?? (await make(client, input, options));
  assertOurs(live, input);
  const { state, message } = await ended(client, ref, signal);
  const job = `Job ${ref.namespace}/${ref.name}`;
  return state === 'Complete'
    ? { state: 'Open', message: `${job} is complete` }
    : { state: 'Failed', reason: GATE_REASONS.failed, message: `${job} has failed: ${message}` };
}

/** Deletes it with its pods, if it is the asking's. */
export async function withdrawJob(input: AskGateInput, { client }: JobGateDeps, signal: AbortSignal): Promise<void> {
  const ref = refOf(input);
  const live = await client.find<Live>(JOBS, ref, { signal });
  if (!live || !isOurs(live, input)) return;
  const { uid } = live.metadata;
  try {
    await client.delete(JOBS, ref, { preconditions: { uid: uid! }, propagationPolicy: 'Background' }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function refOf({ owner, token }: AskGateInput): { namespace: string; name: string } {
  const hash = createHash('sha256').update(token).digest('hex');
  return { namespace: owner.namespace, name: gateJobName(owner.name, hash) };
}

/** As the CronJob's template has it by now; what it lacks of bounds is filled in. */
async function make(client: KubeClient, input: AskGateInput, options: CallOptions): Promise<Live> {
  const { owner, gate } = input;
  const ref = { namespace: owner.namespace, name: gate.job!.cronJob };
  const cronJob = await onHub(() => client.find<V1CronJob & KubeObject>(CRON_JOBS, ref, options));
  if (!cronJob) {
    const message = `There is no CronJob ${ref.namespace}/${ref.name}; create it, suspended if it is for gates alone`;
    throw new GateProblem(GATE_REASONS.unrunnable, message, { mayPass: true });
  }
  return await onHub(async () => {
    try {
      return await client.create<Live>(JOBS, jobOf(input, cronJob), options);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return await client.get<Live>(JOBS, refOf(input), options);
    }
  });
}

function jobOf(input: AskGateInput, { spec }: V1CronJob): Live {
  const { owner, gate, since, token } = input;
  const { metadata, spec: template } = spec!.jobTemplate;
  const left = Math.max(1, Math.ceil((Date.parse(deadlineOf(gate, since)) - Date.now()) / 1_000));
  return {
    metadata: {
      ...refOf(input),
      labels: { ...metadata?.labels, [LABELS.rollout]: owner.name, [LABELS.managedBy]: MANAGED_BY },
      annotations: { ...metadata?.annotations, [ANNOTATIONS.uid]: owner.uid, [ANNOTATIONS.token]: token },
      ownerReferences: [ownerReference(owner)],
    },
    spec: told(
      {
        ttlSecondsAfterFinished: KEPT_SECONDS,
        ...template!,
        activeDeadlineSeconds: Math.min(template?.activeDeadlineSeconds ?? left, left),
      },
      input,
    ),
  };
}

/** Its containers are told what waits, by variables that they may refer to. */
function told(spec: V1JobSpec, { owner, revision, layer, at, name, token }: AskGateInput): V1JobSpec {
  const values = {
    FOG_ROLLOUT: owner.name,
    FOG_ROLLOUT_NAMESPACE: owner.namespace,
    FOG_ROLLOUT_VERSION: revision.version,
    FOG_ROLLOUT_GENERATION: `${revision.generation}`,
    FOG_ROLLOUT_LAYER: layer,
    FOG_ROLLOUT_AT: at,
    FOG_ROLLOUT_GATE: name,
    FOG_ROLLOUT_TOKEN: token,
  };
  const variables = Object.entries(values).map(([variable, value]) => ({ name: variable, value }));
  const withThem = (container: V1Container): V1Container => {
    const own = container.env ?? [];
    const missing = variables.filter((variable) => !own.some(({ name: taken }) => taken === variable.name));
    return { ...container, env: [...missing, ...own] };
  };
  const pod = spec.template.spec!;
  const { containers, initContainers } = pod;
  return {
    ...spec,
    template: {
      ...spec.template,
      spec: {
        ...pod,
        containers: containers.map(withThem),
        ...(initContainers && { initContainers: initContainers.map(withThem) }),
      },
    },
  };
}

function isOurs({ metadata }: Live, { token }: AskGateInput): boolean {
  return metadata.annotations?.[ANNOTATIONS.token] === token;
}

function assertOurs(live: Live, input: AskGateInput): void {
  if (isOurs(live, input)) return;
  const { namespace, name } = live.metadata;
  throw new GateProblem(GATE_REASONS.unrunnable, `Job ${namespace}/${name} was there before, and is not the gate's`);
}

/** Fed by a watch of that one Job. @throws Error when it is deleted meanwhile: then it is made anew */
async function ended(
  client: KubeClient,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<{ state: 'Complete' | 'Failed'; message: string }> {
  // A watch tries again in silence; that it is forbidden has to be said.
  const query = { namespace, fieldSelector: `metadata.name=${name}` };
  await onHub(() => client.list<Live>(JOBS, { ...query, limit: 1 }, { signal }));
  const over = new AbortController();
  const job = new Informer<Live>({ client, type: JOBS, ...query });
  job.start(AbortSignal.any([signal, over.signal]));
  try {
    return await job.waitFor(namespace, name, endOf, signal);
  } finally {
    over.abort();
    await job.stopped;
  }
}

function endOf(job: Live | undefined): { state: 'Complete' | 'Failed'; message: string } | undefined {
  if (!job) throw new Error('The Job was deleted before its end; it is run again');
  for (const { type, status, reason, message } of job.status?.conditions ?? []) {
    if (status !== 'True' || (type !== 'Complete' && type !== 'Failed')) continue;
    return { state: type, message: [reason, message].filter(Boolean).join(': ') };
  }
  return undefined;
}

/** Makes of a refusal that no retry cures what people read. */
async function onHub<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isTransient(error) || !(isForbidden(error) || isInvalid(error))) throw error;
    const cure = isForbidden(error) ? '; the value gates.jobs.namespaces of the chart allows Jobs' : '';
    throw new GateProblem(GATE_REASONS.unrunnable, `${messageOf(error)}${cure}`);
  }
}
