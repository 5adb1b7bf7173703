import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ContainerPort } from '../../../model/generated/fogrollout.ts';
import { InvalidReleaseError } from '../../../model/release.ts';
import { isServedBy, servicePorts } from '../../../model/service-ports.ts';

const of = (...containers: ContainerPort[][]) =>
  servicePorts({ containers: containers.map((ports, at) => ({ name: `c${at}`, ports })) });
const described = (...containers: ContainerPort[][]) =>
  of(...containers).map(({ name, port, protocol }) => `${name ?? '-'}:${port}/${protocol}`);

describe('servicePorts', () => {
  it.each<[string, ContainerPort[][], string[]]>([
    ['no port', [[]], []],
    ['one without a name', [[{ containerPort: 80 }]], ['-:80/TCP']],
    ['one with a name', [[{ name: 'web', containerPort: 80 }]], ['web:80/TCP']],
    ['several', [[{ containerPort: 80 }, { containerPort: 443 }]], ['port-80:80/TCP', 'port-443:443/TCP']],
    [
      'a number on two protocols',
      [[{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }]],
      ['port-53:53/TCP', 'port-53-udp:53/UDP'],
    ],
    [
      'one name in two containers',
      [[{ name: 'http', containerPort: 80 }], [{ name: 'http', containerPort: 81 }]],
      ['http:80/TCP', 'http-2:81/TCP'],
    ],
    [
      'a name that looks like one of ours',
      [[{ containerPort: 80 }, { name: 'port-80', containerPort: 81 }]],
      ['port-80-2:80/TCP', 'port-80:81/TCP'],
    ],
    [
      'a long name twice',
      [[{ name: 'abcdefghijklmno', containerPort: 1 }], [{ name: 'abcdefghijklmno', containerPort: 2 }]],
      ['abcdefghijklmno:1/TCP', 'abcdefghijklm-2:2/TCP'],
    ],
  ])('names %s', (_, containers, expected) => {
    expect(described(...containers)).toEqual(expected);
  });

  it('takes the ports of sidecars, not of other init containers', () => {
    const ports = servicePorts({
      containers: [{ name: 'web', ports: [{ containerPort: 80 }] }],
      initContainers: [
        { name: 'mesh', restartPolicy: 'Always', ports: [{ containerPort: 15090 }] },
        { name: 'migrate', ports: [{ containerPort: 9999 }] },
      ],
    });
    expect(ports.map(({ port }) => port)).toEqual([80, 15090]);
  });

  it.each<[string, ContainerPort[][], RegExp]>([
    [
      'in one container',
      [[{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }]],
      /Port 80\/TCP .* in container c0/,
    ],
    ['in two', [[{ containerPort: 80 }], [{ containerPort: 80 }]], /Port 80\/TCP .* in containers c0 and c1/],
  ])('refuses the same port and protocol twice %s', (_, containers, message) => {
    expect(() => of(...containers)).toThrow(message);
    expect(() => of(...containers)).toThrow(expect.objectContaining({ reason: 'Invalid' }));
    expect(() => of(...containers)).toThrow(InvalidReleaseError);
  });

  it('always gives several ports valid names of their own', () => {
    const port = fc.record({
      containerPort: fc.integer({ min: 1, max: 65535 }),
      protocol: fc.constantFrom('TCP', 'UDP', 'SCTP', undefined),
      name: fc.option(fc.stringMatching(/^[a-z][a-z0-9]{0,14}$/), { nil: undefined }),
    });
    const distinct = fc.uniqueArray(port, {
      minLength: 2,
      maxLength: 30,
      selector: ({ containerPort, protocol }) => `${containerPort}/${protocol ?? 'TCP'}`,
    });
    fc.assert(
      fc.property(distinct, (ports) => {
        const names = of(ports as ContainerPort[]).map(({ name }) => name);
        expect(new Set(names).size).toBe(ports.length);
        for (const name of names) expect(name).toMatch(/^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/);
      }),
    );
  });
});

describe('A live Service', () => {
  const port = { name: 'http', port: 80, protocol: 'TCP', targetPort: 80 };
  const service = (ports: object[], selector: Record<string, string> = { 'fog-rollout': 'web' }) =>
    ({ spec: { ports, selector } }) as Parameters<typeof isServedBy>[1];
  it.each<[string, ReturnType<typeof service> | undefined, boolean]>([
    ['that is as rendered, with what the API server adds,', service([{ ...port, nodePort: 30_000 }]), true],
    ['with another port', service([{ ...port, port: 81 }]), false],
    ['with another name of a port', service([{ ...port, name: 'web' }]), false],
    ['with one port more', service([port, { ...port, name: 'x', port: 81 }]), false],
    ['with another selector', service([port], { 'fog-rollout': 'other' }), false],
    ['with a selector that takes fewer pods', service([port], { 'fog-rollout': 'web', tier: 'x' }), false],
    ['that is not there', undefined, false],
  ])('%s is known', (_, live, expected) => {
    expect(isServedBy(live, service([port]))).toBe(expected);
  });
});
