import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/** Space below the last row, px. */
export const BELOW = 24;

/** The visible rows [first, end), and up to `ahead` more on either side. */
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

/** The scroll position that shows a row as a whole, with the least scrolling. */
export function revealing(top: number, height: number, rowHeight: number, row: number): number {
  const start = row * rowHeight;
  return Math.min(start, Math.max(top, start + rowHeight - height));
}

interface Size {
  width: number;
  height: number;
}

/** The size of a scrolling element including its scrollbar, px; null until it exists. */
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
  /** Height of the scrolling element, px; 0 until known. */
  height: number;
  rows: number;
  /** Height of every row, px. */
  rowHeight: number;
  ahead: number;
  /** Initial scroll position, px from the top. */
  from: number;
  onScroll: (top: number) => void;
}

/**
 * The rows of a long list that need to be in the document. All rows have the same height, so their
 * positions are known without measuring; a library for rows of any height added 11 kB to the first
 * load. A revealed row is rendered at once and can be focused.
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
  // In whole rows, so that scrolling within a row renders nothing.
  const [row, setRow] = useState(0);
  const said = useRef(onScroll);
  useEffect(() => {
    said.current = onScroll;
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: only for the initial position
  useLayoutEffect(() => {
    if (measured && scroller.current) scroller.current.scrollTop = from;
  }, [measured]);

  useLayoutEffect(() => {
    const { current } = scroller;
    if (!current || !measured) return;
    const look = () => setRow(Math.floor(current.scrollTop / rowHeight));
    const scrolled = () => {
      said.current(current.scrollTop);
      flushSync(look); // in the frame that shows the scroll, otherwise rows appear a frame late
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
