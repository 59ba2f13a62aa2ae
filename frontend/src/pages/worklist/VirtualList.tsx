import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { WorkItem } from '../../api/workflowTypes';
import { COMMANDS } from '../../app/commands';
import { and, on, useShortcuts } from '../../app/shortcuts';
import { useColumns } from './columns';
import { ImageCard } from './ImageCard';
import { ImageRow, TableHead } from './ImageRow';
import { BELOW, useRowWindow, useSizeOf } from './rowWindow';
import { SelectBox } from './SelectBox';
import { lastOpened, recallScroll, rememberScroll } from './scrollPosition';
import type { WorklistSearch } from './search';
import type { Selection } from './useSelection';
import classes from './VirtualList.module.css';
import type { Density } from './WorklistPage';

interface Props {
  density: Density;
  search: WorklistSearch;
  items: readonly WorkItem[];
  total: number;
  /** Null if the user cannot act on several images at once. */
  selection: Selection | null;
  hasMore: boolean;
  failed: boolean;
  loadMore: () => void;
}

const CARD_MIN_WIDTH = 208;
const CARD_CAPTION = 98;
/** Caption height of a card so narrow that each part has its own line. */
const NARROW_CAPTION = 138;
const NARROW = 200;
const GAP = 14;
/** Space between the cards and the edges; on a phone it is that of the header. */
const SIDE = 24;
const NARROW_SIDE = 12;
const PHONE = 640;
const sideOf = (width: number) => (width <= PHONE ? NARROW_SIDE : SIDE);
const ROW_HEIGHT = 60;
/** Distance from the end, in rows, at which the next page is requested. */
const AHEAD = 12;

export function columnsFor(width: number): number {
  return Math.max(2, Math.floor((width - 2 * sideOf(width) + GAP) / (CARD_MIN_WIDTH + GAP)));
}

/** The worklist; however long it is, only the visible part is in the document. */
export function VirtualList(props: Props) {
  const { density, search, items, total, selection, hasMore, failed, loadMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { width, height } = useSizeOf(scroller) ?? { width: 1200, height: 0 };
  const active = useRef(0);

  const shownColumns = useColumns();
  const table = density === 'table';
  const columns = table ? 1 : columnsFor(width);
  const side = sideOf(width);
  const cardWidth = (width - 2 * side - (columns - 1) * GAP) / columns;
  const caption = cardWidth < NARROW ? NARROW_CAPTION : CARD_CAPTION;
  const rowHeight = table ? ROW_HEIGHT : Math.round(cardWidth * 0.75) + caption + GAP;
  const rows = Math.ceil(items.length / columns);

  const placeKey = `${density} ${JSON.stringify(search)}`;
  const { first, end, reveal } = useRowWindow({
    scroller,
    height,
    rows,
    rowHeight,
    ahead: table ? 12 : 3,
    from: recallScroll(placeKey),
    onScroll: (top) => rememberScroll(placeKey, top),
  });

  useEffect(() => {
    if (height > 0 && hasMore && !failed && end > rows - AHEAD) loadMore();
  }, [height, hasMore, failed, end, rows, loadMore]);

  const focusItem = (index: number) => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    active.current = next;
    reveal(Math.floor(next / columns));
    scroller.current
      ?.querySelector<HTMLElement>(`[data-index="${next}"]`)
      ?.focus({ preventScroll: true });
  };

  const focused = () => {
    const item = document.activeElement?.closest<HTMLElement>('[data-at]');
    return item?.dataset.at === undefined ? null : Number(item.dataset.at);
  };

  // The first press continues where the reader was; the next ones move.
  const move = (step: number) => {
    const now = focused();
    focusItem(now === null ? startIndex() : now + step);
  };
  const startIndex = () => {
    const opened = items.findIndex((item) => item.id === lastOpened.id);
    return opened >= 0 ? opened : first * columns;
  };

  useShortcuts(t`List`, [
    and(
      on('next-image', () => move(1)),
      'ArrowRight',
    ),
    and(
      on('previous-image', () => move(-1)),
      'ArrowLeft',
    ),
    on('row-below', () => move(columns)),
    on('row-above', () => move(-columns)),
    on('first-image', () => focusItem(0)),
    on('last-image', () => focusItem(items.length - 1)),
    on('open-image', () => {
      scroller.current?.querySelector<HTMLElement>(`[data-index="${active.current}"]`)?.click();
    }),
  ]);
  const select = (upTo: boolean) => {
    const now = focused();
    if (now !== null) selection?.toggle(now, upTo);
  };
  useShortcuts(selection ? COMMANDS['select-image'].group : '', [
    on('select-image', () => select(false)),
    on('select-up-to', () => select(true)),
    on('clear-selection', () => selection?.clear()),
  ]);

  return (
    <div className={classes.frame}>
      {table ? <TableHead columns={shownColumns} selectable={selection !== null} /> : null}
      <div ref={scroller} className={classes.scroller}>
        <ul
          className={classes.canvas}
          style={{ height: rows * rowHeight + BELOW }}
          aria-label={t`Images, ${total} in all`}
        >
          {items.slice(first * columns, end * columns).map((item, at) => {
            const index = first * columns + at;
            const left = table ? 0 : side + (at % columns) * (cardWidth + GAP);
            const top = Math.floor(index / columns) * rowHeight;
            return (
              <li
                key={item.id}
                className={classes.cell}
                data-at={index}
                data-selected={selection?.ids.has(item.id) ?? false}
                aria-setsize={total}
                aria-posinset={index + 1}
                style={{
                  width: table ? '100%' : cardWidth,
                  height: table ? ROW_HEIGHT : rowHeight - GAP,
                  transform: `translate(${left}px, ${top}px)`,
                }}
              >
                {selection ? (
                  <SelectBox
                    item={item}
                    index={index}
                    selection={selection}
                    place={table ? 'row' : 'card'}
                  />
                ) : null}
                {table ? (
                  <ImageRow
                    item={item}
                    index={index}
                    search={search}
                    columns={shownColumns}
                    selectable={selection !== null}
                  />
                ) : (
                  <ImageCard item={item} index={index} search={search} />
                )}
              </li>
            );
          })}
        </ul>
        {failed ? (
          <div className={classes.more} role="alert">
            <Trans>The next images could not be loaded.</Trans>
            <Button variant="default" size="compact-sm" onClick={loadMore}>
              <Trans>Try again</Trans>
            </Button>
          </div>
        ) : null}
      </div>
    </div>
  );
}
