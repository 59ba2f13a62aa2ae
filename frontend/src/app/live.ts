import type { InfiniteData } from '@tanstack/react-query';
import { onSignedOut, reportSignedOut } from '../api/client';
import type { ServerEvent } from '../api/events';
import { cancelJob, fetchJob, retryJob } from '../api/jobs';
import { openSharedEvents } from '../api/sharedEvents';
import type { ImagePage, Job, JobNews } from '../api/types';
import { UploadQueue } from '../uploads/queue';
import { sendFile } from '../uploads/transport';
import { Store } from '../viewer/store';
import { queryClient } from './queryClient';

/** All lists of images, whatever their filters. */
export const IMAGES_KEY = ['images'] as const;
export const jobKey = (id: string) => ['job', id] as const;
export const imageKey = (id: string) => ['image', id] as const;

/** Longer lists are not fetched again behind the reader's back; they get a hint instead. */
const MAX_PAGES_TO_REFRESH = 4;
const REFRESH_DELAY_MS = 600;

export const uploads = new UploadQueue({ send: sendFile, fetchJob, cancelJob, retryJob });

export interface LiveState {
  connected: boolean;
  /** Images that came since the long list was loaded. */
  unseen: number;
}

export const liveState = new Store<LiveState>({ connected: true, unseen: 0 });

let refreshTimer: ReturnType<typeof setTimeout> | undefined;

function refreshLists(): void {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => {
    void queryClient.invalidateQueries({
      queryKey: IMAGES_KEY,
      predicate: (query) => pagesOf(query.state.data) <= MAX_PAGES_TO_REFRESH,
    });
  }, REFRESH_DELAY_MS);
}

const pagesOf = (data: unknown): number =>
  (data as InfiniteData<ImagePage> | undefined)?.pages?.length ?? 0;

/** Takes a deleted image out of every list at once. */
export function forgetImage(id: string): void {
  queryClient.setQueriesData<InfiniteData<ImagePage>>({ queryKey: IMAGES_KEY }, (data) =>
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

/** Loads every list anew from its top. */
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
      if (event.image.change === 'deleted') forgetImage(event.image.id);
      else {
        refreshLists();
        const long = queryClient
          .getQueryCache()
          .findAll({ queryKey: IMAGES_KEY, type: 'active' })
          .some((query) => pagesOf(query.state.data) > MAX_PAGES_TO_REFRESH);
        if (long) liveState.set({ unseen: liveState.get().unseen + 1 });
      }
  }
}

/** Keeps this tab up to date while someone is signed in; returns the end of it. */
export function goLive(): () => void {
  const close = openSharedEvents(hear, reportSignedOut);
  const online = () => uploads.hurry();
  window.addEventListener('online', online);
  return () => {
    close();
    window.removeEventListener('online', online);
  };
}

/** Forgets everything of the person who leaves. */
export function forgetPerson(): void {
  uploads.clear();
  queryClient.clear();
  liveState.set({ unseen: 0 });
}

// An expired session keeps the uploads: the same person signs in again and goes on.
onSignedOut(() => liveState.set({ connected: false }));
