import { STRATEGY_DEFAULTS } from '../../../../model/revision.ts';
import type { ChangeSignal, PendingWork, RemoveSignal, RepairSignal, Work } from '../../../../model/signals.ts';
import type { Owner } from '../../../../model/types.ts';

/** The first, second, … object of one name; each was created a minute after the one before. */
export function anOwner(incarnation: number): Owner {
  return { namespace: 'shop', name: 'web', uid: `uid-${incarnation}`, created: `2026-11-22T10:0${incarnation}:00Z` };
}

/** @param content - what is given; of each generation something else, where it is left out */
export function aChange(incarnation: number, generation: number, content = generation): ChangeSignal {
  const revision = { generation, version: `v${content}`, hash: `hash-${content}`, layers: {}, hashes: {} };
  return {
    owner: anOwner(incarnation),
    revision: { ...revision, strategy: { ...STRATEGY_DEFAULTS, progressDeadlineSeconds: 60 } },
  };
}

export function aRemoval(incarnation: number): RemoveSignal {
  return { owner: anOwner(incarnation) };
}

export function aRepair(incarnation: number, generation: number): RepairSignal {
  return { owner: anOwner(incarnation), generation, layers: [{ layer: 'fog', generation }] };
}

/** e.g. `change 1/4`, `remove 1`, `repair 1/4`. */
export function brief(work: Work): string {
  switch (work.kind) {
    case 'rollout':
      return `change ${incarnationOf(work.change.owner)}/${work.change.revision.generation}`;
    case 'removal':
      return `remove ${incarnationOf(work.remove.owner)}`;
    case 'repair':
      return `repair ${incarnationOf(work.repair.owner)}/${work.repair.generation}`;
  }
}

/** What waits, in the order it is begun. */
export function briefs({ remove, change, repair }: PendingWork): string[] {
  return [
    ...(remove ? [brief({ kind: 'removal', remove })] : []),
    ...(change ? [brief({ kind: 'rollout', change })] : []),
    ...(repair ? [brief({ kind: 'repair', repair })] : []),
  ];
}

function incarnationOf({ uid }: Owner): string {
  return uid.replace('uid-', '');
}
