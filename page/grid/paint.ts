/** Draws the cells that can be seen. */
import type { SiteViewPhase } from '../../model/fleet/site-view.ts';
import { numberText } from '../text.ts';
import { type Arranged, placeOf } from './arrange.ts';
import { LOOKS, PHASES } from './looks.ts';
import type { Sites } from './sites.ts';

export interface Picture {
  sites: Sites;
  arranged: Arranged;
  /** px that are scrolled away at the top, and that can be seen. */
  from: number;
  height: number;
  width: number;
  /** Positions that are marked: of the keyboard, and of what stands in the panel. */
  cursor?: number | undefined;
  selected?: number | undefined;
}

/** A colour of styles/theme.css by its name. */
type Colours = (name: string) => string;

/** Marks are drawn where a cell is large enough to see them. */
const SMALLEST_MARKED = 8;

export function paint(canvas: HTMLCanvasElement, picture: Picture): void {
  const { from, height, width, arranged, cursor, selected } = picture;
  const scale = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext('2d')!;
  const style = getComputedStyle(canvas);
  const colour: Colours = (name) => {
    canvas.style.color = `var(${name})`; // of light and dark the browser chooses
    return style.color;
  };
  context.setTransform(scale, 0, 0, scale, 0, -from * scale);
  context.clearRect(0, from, width, height);
  titles(context, colour, { ...picture, font: style.fontFamily });
  cells(context, colour, picture);
  const ring = (position: number | undefined, name: string) => {
    if (position === undefined || position >= arranged.order.length) return;
    const { x, y } = placeOf(arranged, position);
    context.strokeStyle = colour(name);
    context.lineWidth = 2;
    context.strokeRect(x - 1.5, y - 1.5, arranged.cell + 2, arranged.cell + 2);
  };
  ring(selected, '--text');
  ring(cursor, '--focus');
}

function titles(context: CanvasRenderingContext2D, colour: Colours, picture: Picture & { font: string }): void {
  const { arranged, from, height, font } = picture;
  const [text, muted] = [colour('--text'), colour('--muted')];
  context.textBaseline = 'top';
  for (const { title, count, top, height: own } of arranged.groups) {
    if (top + own < from || top > from + height) continue;
    const figures = numberText(count);
    context.font = `12px ${font}`;
    context.fillStyle = muted;
    context.textAlign = 'right';
    context.fillText(figures, arranged.gutter - 12, top + 1);
    const room = arranged.gutter - 22 - context.measureText(figures).width;
    context.font = `600 12px ${font}`;
    context.fillStyle = text;
    context.textAlign = 'left';
    context.fillText(shortened(context, title, room), 0, top + 1);
  }
}

function shortened(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > room) end--;
  return `${text.slice(0, end)}…`;
}

function cells(context: CanvasRenderingContext2D, colour: Colours, picture: Picture): void {
  const { cell } = picture.arranged;
  const size = cell - (cell > 12 ? 2 : 1);
  const places = placesByPhase(picture);
  const mark = colour('--site-mark');
  for (const phase of PHASES) {
    const those = places.get(phase);
    if (!those) continue;
    const { colour: name, shape, lines } = LOOKS[phase];
    context.fillStyle = context.strokeStyle = colour(name);
    context.lineWidth = 1;
    for (const [x, y] of those) {
      if (shape === 'full') context.fillRect(x, y, size, size);
      else if (shape === 'half') context.fillRect(x, y + size / 2, size, size / 2);
      else if (shape === 'small') context.fillRect(x + size * 0.3, y + size * 0.3, size * 0.4, size * 0.4);
      else context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    }
    if (lines.length === 0 || cell < SMALLEST_MARKED) continue;
    context.strokeStyle = mark;
    context.lineWidth = Math.max(1, size / 8);
    context.beginPath();
    for (const [x, y] of those) {
      for (const [x1, y1, x2, y2] of lines) {
        context.moveTo(x + (x1 * size) / 10, y + (y1 * size) / 10);
        context.lineTo(x + (x2 * size) / 10, y + (y2 * size) / 10);
      }
    }
    context.stroke();
  }
}

/** So that a colour is chosen once for all its cells. */
function placesByPhase({ sites, arranged, from, height }: Picture): Map<SiteViewPhase, [number, number][]> {
  const { groups, order, cell, columns, gutter } = arranged;
  const places = new Map<SiteViewPhase, [number, number][]>();
  for (const { first, count, top } of groups) {
    const firstRow = Math.max(0, Math.floor((from - top) / cell));
    const lastRow = Math.min(Math.ceil(count / columns), Math.ceil((from + height - top) / cell));
    for (let at = firstRow * columns; at < Math.min(count, lastRow * columns); at++) {
      const phase = sites.phases[order[first + at]!]!;
      const those = places.get(phase) ?? [];
      places.set(phase, those);
      those.push([gutter + (at % columns) * cell, top + Math.floor(at / columns) * cell]);
    }
  }
  return places;
}
