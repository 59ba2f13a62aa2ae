import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { UploadQueue } from './queue';
import type { KeptUpload, UploadKeeper } from './upload';

/** An upload of one person, in one tab, that has not become an image yet. */
interface Stored extends KeptUpload {
  user: string;
  tab: string;
  /** When it was written, ms since 1970. */
  at: number;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: Stored; indexes: { user: string } };
}

/** Files that nobody sent again within this time are not asked for any more. */
const KEPT_MS = 7 * 24 * 3600 * 1000;
const TAB_KEY = 'sonoloop.uploads.tab';
const lockOf = (tab: string) => `sonoloop-uploads-${tab}`;

const open = (name: string): Promise<IDBPDatabase<Schema>> =>
  openDB<Schema>(name, 1, {
    upgrade(database) {
      database.createObjectStore('uploads', { keyPath: 'key' }).createIndex('user', 'user');
    },
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });

/** A name for this tab: with the Web Locks API another one after each reload. */
function nameOfTab(): string {
  const fresh = crypto.getRandomValues(new Uint32Array(4)).join('-');
  if ('locks' in navigator) return fresh;
  const known = sessionStorage.getItem(TAB_KEY) ?? fresh;
  sessionStorage.setItem(TAB_KEY, known);
  return known;
}

/**
 * Keeps a person's uploads in this browser until they are images, and gives those that an earlier
 * page left behind to the queue. Where the browser keeps nothing (private window, full disk), the
 * uploads of this page go on as they are.
 * @returns the end of keeping, settled once all is written; what was kept stays
 */
export async function rememberUploads(
  queue: UploadQueue,
  user: string,
  name = 'sonoloop-uploads',
): Promise<() => Promise<void>> {
  const database = await open(name);
  const tab = nameOfTab();
  let release: () => void = () => {};
  if ('locks' in navigator) {
    await new Promise<void>((held) => {
      void navigator.locks.request(lockOf(tab), () => {
        held();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      });
    });
  }
  // One after the other: a later word about an upload must not be overtaken by an earlier one.
  let last: Promise<unknown> = Promise.resolve();
  const then = (act: () => Promise<unknown>) => {
    last = last.then(act).catch(() => {});
  };
  const keeper: UploadKeeper = {
    keep: (upload) => then(() => database.put('uploads', { ...upload, user, tab, at: Date.now() })),
    forget: (keys) => then(() => Promise.all(keys.map((key) => database.delete('uploads', key)))),
  };
  const all = await database.getAllFromIndex('uploads', 'user', user);
  const young = all.filter(({ at }) => at > Date.now() - KEPT_MS);
  keeper.forget(all.filter((one) => !young.includes(one)).map(({ key }) => key));
  const own = young.filter((one) => one.tab === tab);
  queue.keepIn(keeper, own);
  const leaving = new AbortController();
  /** Takes over what a tab left behind; until it is gone, its uploads are its own. */
  const takeOver = async (other: string) => {
    const left = await database.getAllFromIndex('uploads', 'user', user);
    queue.keepIn(
      keeper,
      left.filter((one) => one.tab === other),
    );
    await last;
  };
  if ('locks' in navigator) {
    const { signal } = leaving;
    for (const other of new Set(young.map((one) => one.tab))) {
      // Refused once this page is left.
      navigator.locks.request(lockOf(other), { signal }, () => takeOver(other)).catch(() => {});
    }
  }
  return async () => {
    leaving.abort();
    queue.keepIn(null);
    await last;
    database.close();
    release();
  };
}
