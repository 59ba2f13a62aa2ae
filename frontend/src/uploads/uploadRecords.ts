import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { UploadQueue } from './queue';
import type { KeptUpload, UploadKeeper } from './upload';

/** An upload of one person in one tab that has not become an image yet. */
interface Stored extends KeptUpload {
  user: string;
  tab: string;
  /** Time of writing, ms since 1970. */
  at: number;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: Stored; indexes: { user: string } };
}

/** Files not sent again within this time are no longer requested. */
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

/** A name for this tab; with the Web Locks API it changes with each reload. */
function nameOfTab(): string {
  const fresh = crypto.getRandomValues(new Uint32Array(4)).join('-');
  if ('locks' in navigator) return fresh;
  const known = sessionStorage.getItem(TAB_KEY) ?? fresh;
  sessionStorage.setItem(TAB_KEY, known);
  return known;
}

/**
 * Stores a person's uploads in this browser until they are images, and passes those left by an
 * earlier page to the queue. If the browser stores nothing (private window, full disk), the uploads
 * of this page continue without a copy.
 * @returns a function that ends the storing and resolves once all is written; stored uploads stay
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
  // Sequentially, so that writes about an upload cannot overtake each other.
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
  /** Takes over the uploads that another tab left behind; until it is gone, they belong to it. */
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
      // Rejected once this page is left.
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
