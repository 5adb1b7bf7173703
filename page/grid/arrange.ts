/** Where each site's cell is: groups below each other, their names at the left. Pure. */
import type { Sites } from './sites.ts';

export type Grouping = 'layer' | 'wave' | 'parent';

export interface Group {
  title: string;
  /** Index in `order` of its first site, and how many it has. */
  first: number;
  count: number;
  /** px from the top. */
  top: number;
  height: number;
}

export interface Arranged {
  /** px of a cell, the gap behind it included. */
  cell: number;
  columns: number;
  /** px of the names at the left. */
  gutter: number;
  height: number;
  groups: Group[];
  /** Indexes of sites, as the cells follow each other. */
  order: number[];
}

export interface Room {
  width: number;
  /** Cells are made as large as fits into it. */
  height: number;
}

const CELLS = [26, 22, 18, 16, 14, 12, 11, 10, 9, 8];
const GROUP_GAP = 8;
/** Above the first cell, for its ring. */
const MARGIN = 3;
const LINE = 18;
export const GUTTER = 148;

export function arranged(sites: Sites, matching: readonly number[], grouping: Grouping, room: Room): Arranged {
  const members = new Map<string, number[]>();
  for (const at of matching) {
    const title = titleOf(sites, at, grouping);
    const those = members.get(title);
    if (those) those.push(at);
    else members.set(title, [at]);
  }
  const sizes = [...members.values()].map(({ length }) => length);
  const cell = CELLS.find((size) => heightOf(sizes, size, room.width) <= room.height) ?? CELLS.at(-1)!;
  const columns = columnsOf(cell, room.width);
  const groups: Group[] = [];
  let [top, first] = [MARGIN, 0];
  for (const [title, { length: count }] of members) {
    const height = groupHeight(count, cell, columns);
    groups.push({ title, first, count, top, height });
    top += height + GROUP_GAP;
    first += count;
  }
  return {
    cell,
    columns,
    gutter: GUTTER,
    height: Math.max(0, top - GROUP_GAP),
    groups,
    order: [...members.values()].flat(),
  };
}

/** Top left corner of a cell. @param position - index in `order` */
export function placeOf({ cell, columns, gutter, groups }: Arranged, position: number): { x: number; y: number } {
  const { first, top } = groupAt(groups, position);
  const at = position - first;
  return { x: gutter + (at % columns) * cell, y: top + Math.floor(at / columns) * cell };
}

/** The position whose cell is at a point; undefined where there is none. */
export function positionAt({ cell, columns, gutter, groups }: Arranged, x: number, y: number): number | undefined {
  const group = groups.find(({ top, height }) => y >= top && y < top + height);
  const column = Math.floor((x - gutter) / cell);
  if (!group || column < 0 || column >= columns) return undefined;
  const at = Math.floor((y - group.top) / cell) * columns + column;
  return at < group.count ? group.first + at : undefined;
}

/** Where a key leads from a position; undefined for other keys. */
export function moved(arranged: Arranged, position: number, key: string): number | undefined {
  const last = arranged.order.length - 1;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, position - 1);
    case 'ArrowRight':
      return Math.min(last, position + 1);
    case 'ArrowUp':
      return vertically(arranged, position, -1);
    case 'ArrowDown':
      return vertically(arranged, position, 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** Row by row, from group to group; where a row is short, its last cell. */
function vertically({ columns, groups }: Arranged, position: number, by: 1 | -1): number {
  const group = groupAt(groups, position);
  const at = position - group.first;
  const [row, column] = [Math.floor(at / columns) + by, at % columns];
  const rows = Math.ceil(group.count / columns);
  if (row >= 0 && row < rows) return group.first + Math.min(group.count - 1, row * columns + column);
  const next = groups[groups.indexOf(group) + by];
  if (!next) return position;
  const nextRow = by > 0 ? 0 : Math.ceil(next.count / columns) - 1;
  return next.first + Math.min(next.count - 1, nextRow * columns + column);
}

function groupAt(groups: readonly Group[], position: number): Group {
  let [low, high] = [0, groups.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (groups[middle]!.first <= position) low = middle;
    else high = middle - 1;
  }
  return groups[low]!;
}

function titleOf({ layers, waves, parents }: Sites, at: number, grouping: Grouping): string {
  const layer = layers[at]!;
  if (grouping === 'layer') return layer;
  if (grouping === 'wave') return waves[at] === undefined ? layer : `${layer} · ${waves[at]}`;
  return parents[at] || layer;
}

function heightOf(sizes: readonly number[], cell: number, width: number): number {
  const columns = columnsOf(cell, width);
  return sizes.reduce((sum, count) => sum + groupHeight(count, cell, columns) + GROUP_GAP, -GROUP_GAP);
}

function columnsOf(cell: number, width: number): number {
  return Math.max(1, Math.floor((width - GUTTER) / cell));
}

function groupHeight(count: number, cell: number, columns: number): number {
  return Math.max(LINE, Math.ceil(count / columns) * cell);
}
