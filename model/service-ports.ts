import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import { FAILURE } from './activities.ts';
import type { Container } from './generated/fogrollout.ts';
import type { LayerContent } from './types.ts';

/** The content cannot be made into a release; `reason` is the failure type an activity ends with. */
export class InvalidReleaseError extends Error {
  readonly reason = FAILURE.invalid;
  override readonly name = 'InvalidReleaseError';
}

/** A Service port as we write it: nothing left to the server's defaults that its merge key needs. */
export type ReleasePort = V1ServicePort & { port: number; protocol: string; targetPort: number };

/** Longest port name that Kubernetes takes everywhere (IANA_SVC_NAME). */
const MAX_NAME = 15;

/**
 * The Service ports of a layer: one for each container port, sidecars included. A port keeps its own name;
 * where there are several, one without a name gets `port-<number>`, with the protocol unless that is TCP.
 *
 * @throws InvalidReleaseError when the same port and protocol appears twice.
 */
export function servicePorts(content: LayerContent): ReleasePort[] {
  const declared = declaredPorts(content);
  refuseTwins(declared);
  const taken = new Set<string>();
  // Own names first: a name that a person chose must not yield to one that we made up.
  const names = declared.map(({ name }) => name && unique(name, taken));
  return declared.map(({ port, protocol }, at) => {
    const name = names[at] ?? (declared.length > 1 ? unique(madeUpName(port, protocol), taken) : undefined);
    return { ...(name && { name }), port, protocol, targetPort: port };
  });
}

/** Whether a layer has a Service. */
export function hasPorts(content: LayerContent): boolean {
  return declaredPorts(content).length > 0;
}

/** Whether a live Service has these ports and this selector and no others, whatever else the API server and others gave it. */
export function isServedBy(live: V1Service | undefined, rendered: V1Service): boolean {
  const { ports = [], selector = {} } = live?.spec ?? {};
  const { ports: wanted = [], selector: selected = {} } = rendered.spec ?? {};
  const isPort = (one: V1ServicePort, other: V1ServicePort) =>
    one.port === other.port &&
    one.protocol === other.protocol &&
    one.targetPort === other.targetPort &&
    (one.name ?? '') === (other.name ?? '');
  return (
    ports.length === wanted.length &&
    wanted.every((port) => ports.some((other) => isPort(port, other))) &&
    Object.keys(selector).length === Object.keys(selected).length &&
    Object.entries(selected).every(([key, value]) => selector[key] === value)
  );
}

interface DeclaredPort {
  container: string;
  name: string | undefined;
  port: number;
  protocol: string;
}

function declaredPorts({ initContainers = [], containers }: LayerContent): DeclaredPort[] {
  const serving: Container[] = [...containers, ...initContainers.filter(isSidecar)];
  return serving.flatMap((container) =>
    (container.ports ?? []).map(({ name, containerPort, protocol }) => ({
      container: container.name,
      name: name || undefined,
      port: containerPort,
      protocol: protocol || 'TCP',
    })),
  );
}

/** An init container that Kubernetes keeps running beside the others. */
function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

function refuseTwins(ports: DeclaredPort[]): void {
  const first = new Map<string, DeclaredPort>();
  for (const port of ports) {
    const key = `${port.port}/${port.protocol}`;
    const twin = first.get(key);
    if (twin) {
      const where =
        twin.container === port.container
          ? `container ${port.container}`
          : `containers ${twin.container} and ${port.container}`;
      throw new InvalidReleaseError(`Port ${key} is declared twice, in ${where}; give each its own number`);
    }
    first.set(key, port);
  }
}

function madeUpName(port: number, protocol: string): string {
  return protocol === 'TCP' ? `port-${port}` : `port-${port}-${protocol.toLowerCase()}`;
}

function unique(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) {
    const suffix = `-${count}`;
    name = `${wanted.slice(0, MAX_NAME - suffix.length).replace(/-+$/, '')}${suffix}`;
  }
  taken.add(name);
  return name;
}
