/** The cells, on a canvas as large as what can be seen of them: ten thousand cost no more than those. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { phaseText } from '../text.ts';
import { theme } from '../theme.ts';
import { type Arranged, arranged, type Grouping, moved, placeOf, positionAt } from './arrange.ts';
import { paint } from './paint.ts';
import type { Sites } from './sites.ts';

export interface GridCanvasProps {
  sites: Sites;
  matching: readonly number[];
  grouping: Grouping;
  /** The site that the panel shows. */
  selected: number | undefined;
  onSelect(site: number): void;
}

/** Of the window's height; what is more is scrolled. */
const MOST_OF_WINDOW = 0.62;
const LEAST_PX = 160;
/** What a page has before the browser has laid it out. */
const FIRST_WIDTH = 1_000;

interface View {
  width: number;
  room: number;
  from: number;
}

export function GridCanvas({ sites, matching, grouping, selected, onSelect }: GridCanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<View>({ width: FIRST_WIDTH, room: 400, from: 0 });
  const [cursor, setCursor] = useState<number>();
  const hovered = useSignal<number | undefined>(undefined); // nothing is drawn anew for it
  const plan = arranged(sites, matching, grouping, { width: view.width, height: view.room });
  const height = Math.min(plan.height + 4, view.room);
  const position = cursor === undefined ? undefined : Math.min(cursor, plan.order.length - 1);

  useLayoutEffect(() => {
    const measure = () => {
      const { clientWidth: width } = box.current!;
      const room = Math.max(LEAST_PX, Math.floor(innerHeight * MOST_OF_WINDOW));
      setView((before) => (before.width === width && before.room === room ? before : { ...before, width, room }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      removeEventListener('resize', measure);
    };
  }, []);

  const draw = () =>
    paint(canvas.current!, {
      sites,
      arranged: plan,
      ...{ from: view.from, height, width: view.width },
      cursor: position,
      selected: selected === undefined ? undefined : positionOf(plan, selected),
    });
  useLayoutEffect(draw);
  useEffect(() => {
    // The colours are read when it is drawn.
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => dark.removeEventListener('change', draw);
  });
  theme.value; // likewise

  const pointed = (event: MouseEvent) => {
    const { left, top } = canvas.current!.getBoundingClientRect();
    return positionAt(plan, event.clientX - left, event.clientY - top + view.from);
  };
  const select = (at: number | undefined) => {
    const site = at === undefined ? undefined : plan.order[at];
    if (site === undefined) return;
    setCursor(at);
    onSelect(site);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      select(position ?? 0);
      return;
    }
    const next = position === undefined ? 0 : moved(plan, position, event.key);
    if (next === undefined || !/^(Arrow|Home|End)/.test(event.key)) return;
    event.preventDefault();
    setCursor(next);
    scrollTo(box.current!, placeOf(plan, next).y, plan.cell);
  };
  const active = plan.order[position ?? 0];
  return (
    <div
      ref={box}
      class="grid-box"
      tabIndex={0}
      role="listbox"
      aria-label={`${matching.length} sites; arrow keys move, Enter shows one`}
      aria-activedescendant={position === undefined ? undefined : 'grid-active'}
      style={{ height: `${height}px` }}
      onScroll={(event) => setView({ ...view, from: event.currentTarget.scrollTop })}
      onKeyDown={onKeyDown}
      onFocus={() => position === undefined && setCursor(0)}
      onMouseMove={(event) => {
        hovered.value = pointed(event);
      }}
      onMouseLeave={() => {
        hovered.value = undefined;
      }}
      onClick={(event) => select(pointed(event))}
    >
      <div class="grid-whole" aria-hidden="true" style={{ height: `${plan.height}px` }}>
        <canvas ref={canvas} style={{ width: `${view.width}px`, height: `${height}px` }} />
        <Tip sites={sites} plan={plan} hovered={hovered} width={view.width} />
      </div>
      {active !== undefined && (
        <div
          id="grid-active"
          class="unseen"
          role="option"
          tabIndex={-1}
          aria-selected={active === selected}
          aria-setsize={matching.length}
          aria-posinset={(position ?? 0) + 1}
        >
          {siteText(sites, active)}
        </div>
      )}
    </div>
  );
}

interface TipProps {
  sites: Sites;
  plan: Arranged;
  hovered: ReadonlySignal<number | undefined>;
  width: number;
}

function Tip({ sites, plan, hovered, width }: TipProps) {
  const position = hovered.value;
  const site = position === undefined ? undefined : plan.order[position];
  if (position === undefined || site === undefined) return null;
  const { x, y } = placeOf(plan, position);
  const isRight = x > width / 2;
  const side = isRight ? { right: `${width - x + 6}px` } : { left: `${x + plan.cell + 6}px` };
  return (
    <div class="tip" style={{ top: `${y}px`, ...side }}>
      <b>{sites.names[site]}</b> {phaseText(sites.phases[site]!)}
    </div>
  );
}

function siteText({ names, phases, layers, parents }: Sites, at: number): string {
  const parent = parents[at] ? `, below ${parents[at]}` : '';
  return `${names[at]}: ${phaseText(phases[at]!)}, ${layers[at]}${parent}`;
}

function positionOf({ order }: Arranged, site: number): number | undefined {
  const at = order.indexOf(site);
  return at < 0 ? undefined : at;
}

function scrollTo(box: HTMLElement, y: number, cell: number): void {
  if (y < box.scrollTop) box.scrollTop = y;
  else if (y + cell > box.scrollTop + box.clientHeight) box.scrollTop = y + cell - box.clientHeight;
}
