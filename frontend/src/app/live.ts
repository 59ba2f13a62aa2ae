import type { InfiniteData } from '@tanstack/react-query';
import { onSignedOut, reportSignedOut } from '../api/client';
import type { ServerEvent } from '../api/events';
import { frameOf, imageOf } from '../api/frameKey';
import { onProject } from '../api/project';
import { openSharedEvents } from '../api/sharedEvents';
import type { ImagePage, Job, JobNews } from '../api/types';
import { uploads } from '../uploads/theUploads';
import { Store } from '../viewer/store';
import { presenceNews } from './presenceNews';
import { queryClient } from './queryClient';
import { sessionLoss } from './sessionLoss';

/** All lists of images, whatever their filters. */
export const IMAGES_KEY = ['images'] as const;
export const jobKey = (id: string) => ['job', id] as const;
/** Query key of a frame (see `frameKeyOf`); that of the first frame is a prefix of the others. */
export const imageKey = (frameKey: string): readonly (string | number)[] => {
  const frame = frameOf(frameKey);
  return frame === 0 ? ['image', imageOf(frameKey)] : ['image', imageOf(frameKey), frame];
};
/** Number of images that wait in each queue. */
export const QUEUES_KEY = ['queues'] as const;

/** Longer lists are not refetched while somebody reads them; a hint is shown instead. */
const MAX_PAGES_TO_REFRESH = 4;
const REFRESH_DELAY_MS = 600;

export interface LiveState {
  connected: boolean;
  /** Images that arrived since the long list was loaded. */
  unseen: number;
}

export const liveState = new Store<LiveState>({ connected: true, unseen: 0 });

let refreshTimer: ReturnType<typeof setTimeout> | undefined;

function refreshLists(delay = REFRESH_DELAY_MS): void {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => {
    void queryClient.invalidateQueries({
      queryKey: IMAGES_KEY,
      predicate: (query) => pagesOf(query.state.data) <= MAX_PAGES_TO_REFRESH,
    });
    void queryClient.invalidateQueries({ queryKey: QUEUES_KEY });
  }, delay);
}

const pagesOf = (data: unknown): number =>
  (data as InfiniteData<ImagePage> | undefined)?.pages?.length ?? 0;

/**
 * Removes an image from the lists at once.
 * @param queue if given, removes it only from this queue's lists, as its work there is done
 */
export function forgetImage(id: string, queue?: string): void {
  const queryKey = queue ? [...IMAGES_KEY, { queue }] : IMAGES_KEY;
  queryClient.setQueriesData<InfiniteData<ImagePage>>({ queryKey }, (data) =>
    data
      ? {
          ...data,
          pages: data.pages.map((page) => {
            const items = page.items.filter((item) => item.id !== id);
            const gone = page.items.length - items.length;
            return { ...page, items, total: page.total - gone };
          }),
        }
      : data,
  );
}

/** Refetches the parts of the lists that this person's own action has changed. */
export function refreshWork(): void {
  refreshLists(0);
}

/** Reloads every list from the top. */
export function showUnseen(): void {
  liveState.set({ unseen: 0 });
  void queryClient.resetQueries({ queryKey: IMAGES_KEY });
}

function hearJob(news: JobNews): void {
  uploads.hear(news);
  queryClient.setQueryData<Job>(jobKey(news.id), (job) => (job ? { ...job, ...news } : job));
  if (news.state === 'done' && news.image_id) {
    void queryClient.invalidateQueries({ queryKey: imageKey(news.image_id) });
    refreshLists();
  }
}

function hear(event: ServerEvent): void {
  switch (event.kind) {
    case 'connected':
      // The open image may also have changed while events were missed.
      if (!liveState.get().connected) {
        void queryClient.invalidateQueries({ queryKey: ['image'] });
      }
      liveState.set({ connected: true });
      void uploads.refetch();
      void queryClient.invalidateQueries({ queryKey: ['job'] });
      refreshLists();
      break;
    case 'disconnected':
      liveState.set({ connected: false });
      break;
    case 'job':
      hearJob(event.job);
      break;
    case 'image':
      if (event.image.change === 'deleted') {
        forgetImage(event.image.id);
        refreshLists();
      } else {
        if (event.image.change !== 'created' && event.image.change !== 'draft') {
          void queryClient.invalidateQueries({ queryKey: imageKey(event.image.id) });
        }
        refreshLists();
        const long = queryClient
          .getQueryCache()
          .findAll({ queryKey: IMAGES_KEY, type: 'active' })
          .some((query) => pagesOf(query.state.data) > MAX_PAGES_TO_REFRESH);
        if (long && event.image.change === 'created')
          liveState.set({ unseen: liveState.get().unseen + 1 });
      }
      break;
    case 'presence':
      presenceNews.set({ last: event.presence });
  }
}

/** Keeps this tab up to date while someone is signed in; returns a function that stops it. */
export function goLive(user: string): () => void {
  const kept = import('../uploads/uploadRecords').then(({ rememberUploads }) =>
    rememberUploads(uploads, user),
  );
  // Private windows and full disks store nothing; uploads continue without.
  kept.catch(() => {});
  let close = openSharedEvents(hear, reportSignedOut);
  const online = () => uploads.hurry();
  window.addEventListener('online', online);
  // The stream ends with the session; a page that stays in place needs it again.
  let lost = false;
  const stopWatching = sessionLoss.subscribe(() => {
    const before = lost;
    lost = sessionLoss.get().lost;
    if (lost || !before) return;
    close();
    close = openSharedEvents(hear, reportSignedOut);
    uploads.hurry();
  });
  return () => {
    stopWatching();
    close();
    void kept.then((stop) => stop()).catch(() => {});
    window.removeEventListener('online', online);
  };
}

/** Removes all data of the person who signs out. */
export function forgetPerson(): void {
  uploads.clear();
  queryClient.clear();
  liveState.set({ unseen: 0 });
}

const OF_NO_PROJECT = new Set([
  'session',
  'image',
  'frame',
  'drawing',
  'job',
  'models',
  'projects',
]);

// No data of the previous project may appear in the next one, even briefly.
onProject(() => {
  liveState.set({ unseen: 0 });
  void queryClient.resetQueries({
    predicate: (query) => !OF_NO_PROJECT.has(String(query.queryKey[0])),
  });
});

// An expired session keeps the uploads: the same person signs in again and continues.
onSignedOut(() => liveState.set({ connected: false }));
