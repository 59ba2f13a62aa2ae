import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Drawing } from './drawing';

/** A drawing that this browser stores because the server does not have it yet. */
export interface LocalDraft {
  user: string;
  image: string;
  /** Which tab wrote it: two tabs must not overwrite each other. */
  tab: string;
  /** Counts the changes of that tab. */
  sequence: number;
  drawing: Drawing;
  /** The server's version on which the drawing is based; 0 for none. */
  version: number;
  /** Time of writing, ISO 8601. */
  at: string;
}

/** Runs with four bytes per number instead of a list of objects. */
type Stored = Omit<LocalDraft, 'drawing'> & { drawing: Drawing; runs: Uint32Array };

interface Schema extends DBSchema {
  drafts: { key: [string, string, string]; value: Stored; indexes: { user: string } };
}

const NAME = 'sonoloop-drafts';
const MAX_KEY = '\uffff';

/** Drawings of all people who use this browser; every query names the person. */
export class LocalDrafts {
  private database: Promise<IDBPDatabase<Schema>> | null = null;

  constructor(private readonly name = NAME) {}

  /** Overwrites the earlier record of the same tab. */
  async put(draft: LocalDraft): Promise<void> {
    const { labels } = draft.drawing;
    const stored: Stored = {
      ...draft,
      drawing: { ...draft.drawing, labels: { ...labels, runs: [] } },
      runs: Uint32Array.from(labels.runs),
    };
    await this.withDatabase(async (database) => {
      await database.put('drafts', stored);
    });
  }

  /** Records of one image from all tabs, newest first. */
  async ofImage(user: string, image: string): Promise<LocalDraft[]> {
    const range = IDBKeyRange.bound([user, image, ''], [user, image, MAX_KEY]);
    const found = await this.withDatabase((database) => database.getAll('drafts', range));
    return found.map(restored).sort((a, b) => b.at.localeCompare(a.at));
  }

  /** Number of this person's drawings that only this browser has. */
  count(user: string): Promise<number> {
    return this.withDatabase((database) => database.countFromIndex('drafts', 'user', user));
  }

  /** Removes a tab's record unless it has a later change than `sequence`. */
  async remove(
    draft: Pick<LocalDraft, 'user' | 'image' | 'tab'>,
    sequence = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const key: [string, string, string] = [draft.user, draft.image, draft.tab];
    await this.withDatabase(async (database) => {
      const transaction = database.transaction('drafts', 'readwrite');
      const present = await transaction.store.get(key);
      if (present && present.sequence <= sequence) await transaction.store.delete(key);
      await transaction.done;
    });
  }

  /** Removes all drawings of a person, at sign-out. */
  async clear(user: string): Promise<void> {
    await this.withDatabase(async (database) => {
      const transaction = database.transaction('drafts', 'readwrite');
      for (const key of await transaction.store.index('user').getAllKeys(user)) {
        await transaction.store.delete(key);
      }
      await transaction.done;
    });
  }

  async close(): Promise<void> {
    const database = this.database;
    this.database = null;
    (await database?.catch(() => null))?.close();
  }

  /** Browsers close connections without notice (storage cleared, crash of its process). */
  private async withDatabase<T>(use: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    try {
      return await use(await this.open());
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      await this.close();
      return use(await this.open());
    }
  }

  private open(): Promise<IDBPDatabase<Schema>> {
    if (this.database) return this.database;
    const forget = () => {
      this.database = null;
    };
    this.database = openDB<Schema>(this.name, 1, {
      upgrade(database) {
        const store = database.createObjectStore('drafts', { keyPath: ['user', 'image', 'tab'] });
        store.createIndex('user', 'user');
      },
      // A newer page waits for this one to close.
      blocking: (_current, _blocked, event) => {
        forget();
        (event.target as IDBDatabase).close();
      },
      terminated: forget,
    });
    this.database.catch(forget);
    return this.database;
  }
}

function restored({ runs, ...draft }: Stored): LocalDraft {
  const { labels } = draft.drawing;
  return {
    ...draft,
    drawing: { ...draft.drawing, labels: { ...labels, runs: Array.from(runs) } },
  };
}
