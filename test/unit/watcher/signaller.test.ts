import { describe, expect, it } from '@jest/globals';
import { createSignaller } from '../../../watcher/signaller.ts';

const sites = { layer: 'edge' as const, sites: ['field-7'] };

function temporal(error?: Error) {
  const sent: unknown[] = [];
  const signal = async (...given: unknown[]) => {
    if (error) throw error;
    sent.push(given);
  };
  const workflows = {
    getHandle: (id: string) => ({ signal: (...given: unknown[]) => signal(id, ...given) }),
    connection: { withDeadline: async (_: number, ask: () => Promise<void>) => await ask() },
  };
  return { sent, signaller: createSignaller(workflows as never) };
}

describe('A run is told of sites', () => {
  const key = { namespace: 'shop', name: 'web' };

  it('by a plain signal, which starts none', async () => {
    const { sent, signaller } = temporal();
    await signaller.sites(key, sites);
    expect(sent).toEqual([['fogrollout/shop/web', 'sites', { ...sites, madeFor: 'sites' }]]);
  });

  it('unless there is none', async () => {
    const gone = Object.assign(new Error('workflow execution already completed'), { name: 'WorkflowNotFoundError' });
    await expect(temporal(gone).signaller.sites(key, sites)).resolves.toBeUndefined();
    await expect(temporal(new Error('away')).signaller.sites(key, sites)).rejects.toThrow('away');
  });
});
