/** Of a long list of rows as high as each other, those that can be seen now. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface Shown {
  from: number;
  to: number;
}

/** Rows above and below what is seen, so that scrolling shows no gap. */
const OVERSCAN = 8;

/**
 * @param rows - the element that has them, and nothing else
 * @param height - of a row, in px
 */
export function useWindowed(rows: RefObject<HTMLElement | null>, count: number, height: number): Shown {
  const [seen, setSeen] = useState({ top: 0, height: window.innerHeight });
  useEffect(() => {
    const look = () => {
      const above = -(rows.current?.getBoundingClientRect().top ?? 0);
      // In steps: not every pixel shows another row.
      const top = Math.floor(Math.max(0, above) / (height * 4)) * height * 4;
      setSeen((before) =>
        before.top === top && before.height === window.innerHeight ? before : { top, height: window.innerHeight },
      );
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [rows, height]);
  const from = Math.max(0, Math.min(Math.floor(seen.top / height) - OVERSCAN, count));
  const to = Math.min(count, Math.ceil((seen.top + seen.height) / height) + OVERSCAN + 4);
  return { from, to };
}
