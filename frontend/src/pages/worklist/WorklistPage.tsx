import { Button } from '@mantine/core';
import { useDocumentTitle, useLocalStorage } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, useSyncExternalStore } from 'react';
import { liveState, showUnseen } from '../../app/live';
import { useShortcuts } from '../../app/shortcuts';
import { ErrorState } from '../../components/ErrorState';
import { DropZone } from '../../uploads/DropZone';
import { useFilePicker } from '../../uploads/useFilePicker';
import { FirstImage, NothingFound } from './Empty';
import { hasFilters, type WorklistSearch } from './search';
import { useWorklist } from './useWorklist';
import { VirtualList } from './VirtualList';
import { WorklistBar } from './WorklistBar';
import classes from './WorklistPage.module.css';
import { WorklistSkeleton } from './WorklistSkeleton';

export type Density = 'grid' | 'table';

const route = getRouteApi('/shell/ui/worklist');

export function WorklistPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const worklist = useWorklist(search);
  const { unseen } = useSyncExternalStore(liveState.subscribe, liveState.get);
  const [density, setDensity] = useLocalStorage<Density>({
    key: 'sonoloop.worklist.density',
    defaultValue: 'grid',
    getInitialValueInEffect: false,
  });
  useDocumentTitle('Worklist – Sonoloop');
  const searchField = useRef<HTMLInputElement>(null);
  const pick = useFilePicker();

  const change = (next: WorklistSearch) => void navigate({ search: next, replace: true });

  useShortcuts('Worklist', [
    {
      keys: ['/'],
      label: 'Search',
      run: () => {
        searchField.current?.focus();
        searchField.current?.select();
      },
    },
    { keys: ['u'], label: 'Upload images', run: pick },
    {
      keys: ['v'],
      label: 'Grid or table',
      run: () => setDensity(density === 'grid' ? 'table' : 'grid'),
    },
  ]);

  let content: React.ReactNode;
  if (worklist.isPending) content = <WorklistSkeleton density={density} />;
  else if (worklist.isError && worklist.items.length === 0) {
    content = <ErrorState error={worklist.error} onRetry={() => void worklist.refetch()} />;
  } else if (worklist.items.length === 0) {
    content = hasFilters(search) ? (
      <NothingFound onClear={() => change(search.sort ? { sort: search.sort } : {})} />
    ) : (
      <FirstImage onPick={pick} />
    );
  } else {
    content = (
      <VirtualList
        // A new search starts at its top.
        key={`${density} ${JSON.stringify(search)}`}
        density={density}
        search={search}
        items={worklist.items}
        total={worklist.total}
        hasMore={worklist.hasNextPage}
        failed={worklist.isFetchNextPageError}
        loadMore={() => {
          if (!worklist.isFetchingNextPage) void worklist.fetchNextPage();
        }}
      />
    );
  }

  return (
    <DropZone>
      <div className={classes.root}>
        <WorklistBar
          search={search}
          onChange={change}
          total={worklist.isSuccess ? worklist : null}
          density={density}
          onDensity={setDensity}
          onUpload={pick}
          searchField={searchField}
        />
        {unseen > 0 ? (
          <Button className={classes.unseen} size="compact-sm" onClick={showUnseen}>
            {unseen === 1 ? 'Show the new image' : `Show ${unseen} new images`}
          </Button>
        ) : null}
        <div className={classes.content} aria-busy={worklist.isPending}>
          {content}
        </div>
      </div>
    </DropZone>
  );
}
