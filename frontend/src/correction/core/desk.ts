import { newIdempotencyKey } from '../../api/client';
import type { DraftKeeper } from './draftKeeper';
import { LocalDrafts } from './localDrafts';
import type { CorrectionSession } from './session';

/** Maximum wait for an earlier request about an image before it is opened again. */
const REST_MS = 2_000;

/** The parts of a window that the desk listens to. */
export type Page = Pick<Window, 'addEventListener' | 'removeEventListener'> & {
  document: Pick<Document, 'addEventListener' | 'removeEventListener' | 'hidden'>;
};

/** All drawings of this tab: the open one, and those still being sent. */
export class Desk {
  /** Identifies this tab in the browser's database. */
  readonly tab = newIdempotencyKey();
  private readonly keepers = new Set<DraftKeeper>();
  private readonly drawnOn = new Set<string>();
  private open: CorrectionSession | null = null;

  constructor(readonly local: LocalDrafts = new LocalDrafts()) {}

  /** Registers a session that has been opened. */
  enter(session: CorrectionSession): void {
    this.open = session;
    this.keepers.add(session.keeper);
  }

  /** Handles a closed session; its drawing is kept until it is stored. */
  leave(session: CorrectionSession): void {
    if (this.open === session) this.open = null;
    const { keeper } = session;
    if (keeper.state.get().phase !== 'clean') this.drawnOn.add(`${keeper.user} ${keeper.image}`);
    session.close();
    const done = () => {
      const { phase } = keeper.state.get();
      return phase === 'clean' || phase === 'saved';
    };
    if (done()) {
      this.keepers.delete(keeper);
      return;
    }
    const stop = keeper.state.subscribe(() => {
      if (!done()) return;
      stop();
      this.keepers.delete(keeper);
    });
  }

  /** Ends the remaining work of an earlier visit to the image, so that the two do not collide. */
  async prepare({ keeper: own }: CorrectionSession): Promise<void> {
    const earlier = [...this.keepers].filter(
      (keeper) => keeper !== own && keeper.user === own.user && keeper.image === own.image,
    );
    for (const keeper of earlier) {
      await keeper.flush(REST_MS);
      await keeper.rest(REST_MS);
      keeper.stop();
      this.keepers.delete(keeper);
    }
  }

  /** Whether this person drew on the image in this tab and left without saving. */
  wasDrawnOn(user: string, image: string): boolean {
    return this.drawnOn.has(`${user} ${image}`);
  }

  /** Whether closing the page now would lose something. */
  get atRisk(): boolean {
    return [...this.keepers].some((keeper) => keeper.state.get().atRisk);
  }

  hurry(): void {
    for (const keeper of this.keepers) keeper.hurry();
    this.open?.hurry();
  }

  /** The person has signed in again. */
  resume(): void {
    for (const keeper of this.keepers) keeper.resume();
    this.open?.resume();
  }

  /** Stores as much as possible, then counts the drawings that the server does not have. */
  async unsaved(user: string, withinMs = 3_000): Promise<number> {
    const end = Date.now() + withinMs;
    const own = [...this.keepers].filter((keeper) => keeper.user === user);
    await Promise.all(
      own.map(async (keeper) => {
        await keeper.flush(withinMs);
        await keeper.rest(Math.max(0, end - Date.now()));
      }),
    );
    const risky = own.filter((keeper) => keeper.state.get().atRisk).length;
    const local = await this.local.count(user).catch(() => 0);
    return risky + local;
  }

  /** Removes everything of a person at sign-out: the next person must not find it. */
  async forget(user: string): Promise<void> {
    for (const keeper of this.keepers) {
      if (keeper.user !== user) continue;
      keeper.stop();
      this.keepers.delete(keeper);
    }
    this.drawnOn.clear();
    await this.local.clear(user).catch(() => {});
  }

  /** Listens to the page's lifecycle events; returns a function that stops listening. */
  attach(page: Page): () => void {
    const flush = () => {
      for (const keeper of this.keepers) keeper.leave();
    };
    const look = () => {
      if (page.document.hidden) flush();
      this.open?.presence.look();
    };
    const hurry = () => this.hurry();
    const away = () => {
      flush();
      this.open?.presence.pause();
    };
    const ask = (event: BeforeUnloadEvent) => {
      flush();
      if (this.atRisk) event.preventDefault();
    };
    page.addEventListener('pagehide', away);
    page.addEventListener('pageshow', look);
    page.addEventListener('online', hurry);
    page.addEventListener('beforeunload', ask);
    page.document.addEventListener('freeze', flush);
    page.document.addEventListener('visibilitychange', look);
    return () => {
      page.removeEventListener('pagehide', away);
      page.removeEventListener('pageshow', look);
      page.removeEventListener('online', hurry);
      page.removeEventListener('beforeunload', ask);
      page.document.removeEventListener('freeze', flush);
      page.document.removeEventListener('visibilitychange', look);
    };
  }
}
