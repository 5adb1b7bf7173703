import { type Member, wavesOf } from '../../../model/fleet/waves.ts';
import type { Layer } from '../../../model/layers.ts';
import type { LoadedShard, PlannedStage, PlanStageInput, ShardKey, ShardRecord } from '../../../model/shards.ts';

/** The sites of a fleet, and what is kept of its stages, in memory. */
export class FakeFleet {
  /** Sites of each layer that has any. */
  readonly members: Partial<Record<Layer, Member[]>> = {};
  /** Sites a shard has at most. */
  shardSize = 3;
  /** The last record of each shard, e.g. of `edge 0`. */
  readonly records = new Map<string, ShardRecord>();
  private readonly shards = new Map<string, Member[]>();

  /** e.g. `edge-0` and so on, the first one the first to be started. */
  have(layer: Layer, count: number): void {
    this.members[layer] = Array.from({ length: count }, (_, at) => ({
      site: { name: `${layer}-${at}`, layer, namespace: `${layer}-${at}`, cluster: 'hub' },
    }));
  }

  plan({ layer, strategy }: PlanStageInput): PlannedStage {
    const waves = wavesOf(this.members[layer] ?? [], strategy);
    const slices = waves.flatMap(({ members }, wave) => this.slicesOf(members).map((slice) => ({ wave, slice })));
    for (const [index, { slice }] of slices.entries()) this.shards.set(`${layer} ${index}`, slice);
    return {
      total: waves.reduce((sum, { members }) => sum + members.length, 0),
      waves: waves.map(({ name, members }) => ({ name, count: members.length })),
      shards: slices.map(({ wave, slice }, index) => ({ index, wave, count: slice.length })),
    };
  }

  load({ layer, index }: ShardKey): LoadedShard | undefined {
    const members = this.shards.get(`${layer} ${index}`);
    if (!members) return undefined;
    const held = members.flatMap(({ hold }, at) => (hold === undefined ? [] : [at]));
    return { sites: members.map(({ site }) => site), held };
  }

  record(record: ShardRecord): void {
    this.records.set(`${record.layer} ${record.index}`, record);
  }

  private slicesOf(members: Member[]): Member[][] {
    const count = Math.ceil(members.length / this.shardSize);
    return Array.from({ length: count }, (_, at) => members.slice(at * this.shardSize, (at + 1) * this.shardSize));
  }
}
