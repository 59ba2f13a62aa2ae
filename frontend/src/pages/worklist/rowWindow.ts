import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/** Space below the last row, px. */
export const BELOW = 24;

/** Rows [first, end) that are in sight, and up to `ahead` more on either side. */
export function rowsInSight(
  top: number,
  height: number,
  rowHeight: number,
  rows: number,
  ahead: number,
): [number, number] {
  const first = Math.floor(top / rowHeight) - ahead;
  const end = Math.ceil((top + height) / rowHeight) + ahead;
  return [Math.min(rows, Math.max(0, first)), Math.min(rows, Math.max(0, end))];
}

/** Where to scroll so that a row is in sight as a whole: no further than it takes. */
export function revealing(top: number, height: number, rowHeight: number, row: number): number {
  const start = row * rowHeight;
  return Math.min(start, Math.max(top, start + rowHeight - height));
}

interface Size {
  width: number;
  height: number;
}

/** The size of a scrolling element with its scrollbar, px; null until it is there. */
export function useSizeOf(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () =>
      setSize((before) => {
        const { offsetWidth: width, offsetHeight: height } = current;
        return before?.width === width && before.height === height ? before : { width, height };
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

interface Options {
  scroller: RefObject<HTMLElement | null>;
  /** Its height, px; 0 until it is known. */
  height: number;
  rows: number;
  /** Of every row, px. */
  rowHeight: number;
  ahead: number;
  /** Where the list begins, px from its top. */
  from: number;
  onScroll: (top: number) => void;
}

/**
 * The rows of a long list that belong into the document. All rows are of one height, so that where
 * each stands is known without measuring any; a library for rows of any height cost 11 kB of the
 * first load. A row that is revealed is there at once, and can take the focus.
 */
export function useRowWindow({
  scroller,
  height,
  rows,
  rowHeight,
  ahead,
  from,
  onScroll,
}: Options) {
  const measured = height > 0;
  // Whole rows: a scroll within one draws nothing anew.
  const [row, setRow] = useState(0);
  const said = useRef(onScroll);
  useEffect(() => {
    said.current = onScroll;
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: only where the list begins
  useLayoutEffect(() => {
    if (measured && scroller.current) scroller.current.scrollTop = from;
  }, [measured]);

  useLayoutEffect(() => {
    const { current } = scroller;
    if (!current || !measured) return;
    const look = () => setRow(Math.floor(current.scrollTop / rowHeight));
    const scrolled = () => {
      said.current(current.scrollTop);
      flushSync(look); // in the frame that shows the scroll, or rows come a frame late
    };
    look();
    current.addEventListener('scroll', scrolled, { passive: true });
    return () => current.removeEventListener('scroll', scrolled);
  }, [scroller, measured, rowHeight]);

  const [first, end] = rowsInSight(row * rowHeight, height + rowHeight, rowHeight, rows, ahead);
  const reveal = useCallback(
    (wanted: number) => {
      const { current } = scroller;
      if (!current) return;
      current.scrollTop = revealing(current.scrollTop, current.clientHeight, rowHeight, wanted);
      flushSync(() => setRow(Math.floor(current.scrollTop / rowHeight)));
    },
    [scroller, rowHeight],
  );
  return { first, end: measured ? end : first, reveal };
}
