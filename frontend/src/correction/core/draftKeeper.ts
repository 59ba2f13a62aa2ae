import { ApiError, messageOf } from '../../api/problem';
import { Store } from '../../viewer/store';
import type { DraftDetails } from '../wire';
import type { CorrectionApi } from './correctionApi';
import { type Drawing, type DrawingSource, drawingOf, sameDrawing } from './drawing';
import { LocalCopy } from './localCopy';
import type { LocalDrafts } from './localDrafts';
import { Pace } from './pace';

export type KeeperPhase =
  /** The drawing equals the newest revision. */
  | 'clean'
  /** Changed; nothing is being sent yet. */
  | 'unsaved'
  | 'saving'
  /** The server has the draft. */
  | 'saved'
  /** The server cannot be reached; retried automatically. */
  | 'offline'
  /** The session is over; continues after `resume`. */
  | 'signed-out'
  /** Another tab of the same person wrote in between; continues after `resolve`. */
  | 'conflict'
  /** The server refused; retried with the next change or by `retry`. */
  | 'failed';

export interface KeeperState {
  phase: KeeperPhase;
  /** The newest change is in this browser's database only. */
  inBrowser: boolean;
  /** The newest change is neither there nor on the server: closing the page would lose it. */
  atRisk: boolean;
  /** When the server last took the draft, ISO 8601. */
  savedAt: string | null;
  /** Why it is offline or failed; one sentence. */
  reason: string | null;
  /** The draft that another tab wrote, while in conflict. */
  theirs: DraftDetails | null;
}

export interface KeeperPorts {
  user: string;
  image: string;
  /** Distinguishes this tab's records in the browser's database from those of others. */
  tab: string;
  source: DrawingSource;
  server: Pick<CorrectionApi, 'putDraft' | 'deleteDraft'>;
  local: LocalDrafts;
  /** Version of the draft that the server has; 0 for none. */
  version?: number;
  /** Pause after a change before it is sent. */
  debounceMs?: number;
  /** A change is sent after this long even without a pause. */
  behindMs?: number;
  /** Delays before the 1st, 2nd, … attempt after a failure; the last one repeats. */
  backoffMs?: readonly number[];
  /** An attempt without an answer for this long counts as lost. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
const MAX_UNCERTAIN = 50;
const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000] as const;

const INITIAL: KeeperState = {
  phase: 'clean',
  inBrowser: false,
  atRisk: false,
  savedAt: null,
  reason: null,
  theirs: null,
};

/**
 * Stores every committed change of one image's drawing: at once in this browser's database, and
 * after a short pause on the server as the person's draft. The browser's record is removed as soon
 * as the server has the same state, so only unsent changes remain there.
 *
 * One request runs at a time and the newest drawing is sent next, so requests never overtake each
 * other.
 */
export class DraftKeeper {
  readonly state = new Store<KeeperState>(INITIAL);
  private readonly pace: Pace;
  private readonly copy: LocalCopy;
  private readonly unsubscribe: () => void;
  /** Counts the changes; a stored draft is identified by its count. */
  private changed = 0;
  private inServer = 0;
  private version: number;
  /** Read from the source before it is closed. */
  private last: Drawing | null = null;
  private sending: { sequence: number; abort: AbortController; done: Promise<void> } | null = null;
  /** By sequence: drawings sent in attempts whose answers were lost. The server may have them. */
  private readonly uncertain = new Map<number, Drawing>();
  private force = false;
  private held = 0;
  private closed = false;

  constructor(private readonly ports: KeeperPorts) {
    this.version = ports.version ?? 0;
    this.pace = new Pace({
      debounceMs: ports.debounceMs ?? 400,
      behindMs: ports.behindMs ?? 2_000,
      backoffMs: ports.backoffMs ?? BACKOFF_MS,
      run: () => void this.send(),
    });
    const { user, image, tab, local } = ports;
    this.copy = new LocalCopy({
      local,
      key: { user, image, tab },
      read: () => ({ drawing: this.read(), version: this.version }),
      newest: () => this.changed,
      inServer: () => this.inServer,
      onWritten: () => this.publish(this.state.get().phase, this.state.get().reason),
    });
    this.unsubscribe = ports.source.subscribe(() => this.hear());
  }

  get image(): string {
    return this.ports.image;
  }

  get user(): string {
    return this.ports.user;
  }

  /** The version of the draft on the server as known to this tab; 0 for none. */
  get serverVersion(): number {
    return this.version;
  }

  /** Counts the changes; pass it to `savedAs` for the drawing that was read at that time. */
  get sequence(): number {
    return this.changed;
  }

  /** The current drawing. */
  read(): Drawing {
    return this.last ?? this.ports.source.read();
  }

  /** Sends unsent changes at once. As the page may be closed, the requests may outlive it. */
  leave(): void {
    this.copy.write();
    if (this.changed === this.inServer || this.blocked) return;
    // There is no time to wait for the running request; the newer one must be sent now.
    if (this.sending && this.sending.sequence < this.changed) this.sending.abort.abort();
    void this.send();
  }

  /**
   * Starts storing; resolves when the browser or the server has everything, or after `withinMs`.
   */
  async flush(withinMs: number): Promise<boolean> {
    this.copy.write();
    void this.send();
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, withinMs));
    await Promise.race([this.allWritten(), deadline]);
    return !this.state.get().atRisk;
  }

  /** Retries at once: the network is back, or someone requested it. */
  hurry(): void {
    const { phase } = this.state.get();
    if (phase === 'offline') this.pace.now();
  }

  /** The same person has signed in again. */
  resume(): void {
    if (this.state.get().phase !== 'signed-out') return;
    this.publish('unsaved');
    this.pace.now();
  }

  /** Retries a refused drawing. */
  retry(): void {
    if (this.state.get().phase !== 'failed') return;
    this.publish('unsaved');
    this.pace.now();
  }

  /**
   * Ends a conflict. `mine` overwrites the other tab's draft; `theirs` means that the page has
   * loaded the other one (or a merged one) into the editor.
   */
  resolve(choice: 'mine' | 'theirs'): void {
    const { phase, theirs } = this.state.get();
    if (phase !== 'conflict') return;
    this.version = theirs?.version ?? this.version;
    this.force = choice === 'mine';
    this.publish('unsaved');
    this.pace.now();
  }

  /** Holds drafts back while a revision is saved; the browser's database is still updated. */
  async hold(): Promise<() => void> {
    this.held += 1;
    this.pace.stop();
    await this.sending?.done;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.held -= 1;
      if (this.held === 0 && this.changed > this.inServer) this.pace.soon();
    };
  }

  /** The drawing with that sequence is now a revision, and the server has deleted the draft. */
  async savedAs(sequence: number): Promise<void> {
    this.version = 0;
    this.uncertain.clear();
    this.inServer = Math.max(this.inServer, sequence);
    this.publish(this.changed === this.inServer ? 'clean' : 'unsaved');
    await this.copy.forget(sequence);
  }

  /** Checks again whether the unchanged drawing differs from its revision, which may be another. */
  recheck(): void {
    this.hear();
  }

  /** The next draft follows this version on the server, which was recovered or deleted there. */
  follow(version: number): void {
    this.version = version;
  }

  /**
   * Detaches from the editor. Unsent changes are still sent to the server, in the background as
   * long as the tab is open; `allWritten` resolves when done.
   */
  detach(): void {
    if (this.closed) return;
    this.closed = true;
    this.unsubscribe();
    if (this.changed === this.inServer) return;
    this.last = this.ports.source.read();
    this.copy.write();
    this.pace.now();
  }

  /** Resolves when no request is in progress, or after `withinMs`. */
  async rest(withinMs: number): Promise<void> {
    await Promise.race([
      this.sending?.done,
      new Promise((resolve) => setTimeout(resolve, withinMs)),
    ]);
  }

  /** Ends permanently; unsent changes stay in the browser's database, if stored there. */
  stop(): void {
    this.closed = true;
    this.unsubscribe();
    this.pace.stop();
    this.sending?.abort.abort();
    this.held += 1;
  }

  /** Resolves when the newest change is in the browser's database or on the server. */
  allWritten(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.state.get().atRisk) return;
        stop();
        resolve();
      };
      const stop = this.state.subscribe(look);
      look();
    });
  }

  private get blocked(): boolean {
    const { phase } = this.state.get();
    return this.held > 0 || phase === 'signed-out' || phase === 'conflict';
  }

  private hear(): void {
    this.changed += 1;
    const { phase } = this.state.get();
    const waits = ['offline', 'signed-out', 'conflict', 'saving'].includes(phase);
    this.publish(waits ? phase : 'unsaved');
    // After the browser has painted the stroke: encoding a map takes a millisecond or two.
    setTimeout(() => this.copy.write(), 0);
    if (phase !== 'offline' && this.held === 0) this.pace.soon();
  }

  private async send(): Promise<void> {
    if (this.changed === this.inServer || this.blocked) return;
    // The running request checks for later changes when it ends.
    if (this.sending && !this.sending.abort.signal.aborted) return;
    const abort = new AbortController();
    const sequence = this.changed;
    const done = this.transfer(sequence, abort).finally(() => {
      if (this.sending?.abort !== abort) return;
      this.sending = null;
      if (this.changed > sequence && this.inServer === sequence) this.pace.soon();
    });
    this.sending = { sequence, abort, done };
    await done;
  }

  private async transfer(sequence: number, abort: AbortController): Promise<void> {
    if (this.state.get().phase !== 'offline') this.publish('saving');
    const drawing = this.read();
    const undone = this.last === null && !this.ports.source.dirty;
    try {
      const savedAt = undone ? await this.remove() : await this.put(drawing, abort.signal);
      if (abort.signal.aborted) return;
      this.uncertain.clear();
      this.force = false;
      this.inServer = sequence;
      this.pace.succeeded();
      this.state.set({ savedAt });
      this.publish(this.changed > sequence ? 'unsaved' : undone ? 'clean' : 'saved');
      await this.copy.forget(sequence);
    } catch (error) {
      if (abort.signal.aborted) this.remember(sequence, drawing);
      else this.fail(error, sequence, drawing);
    }
  }

  private async put(drawing: Drawing, abort: AbortSignal): Promise<string> {
    const timeout = AbortSignal.timeout(this.ports.timeoutMs ?? TIMEOUT_MS);
    const { version, updated_at } = await this.ports.server.putDraft(
      {
        version: this.version,
        parent_revision: drawing.parentRevision,
        labels: drawing.labels,
        answer: drawing.answer,
        answer_reason: drawing.answerReason,
        seconds: drawing.seconds,
        ...(this.force ? { force: true } : {}),
      },
      AbortSignal.any([abort, timeout]),
    );
    if (!abort.aborted) this.version = version;
    return updated_at;
  }

  /** Undone back to the revision, so there is nothing to store. */
  private async remove(): Promise<null> {
    if (this.version > 0) await this.ports.server.deleteDraft();
    this.version = 0;
    return null;
  }

  private fail(error: unknown, sequence: number, drawing: Drawing): void {
    const refusal = error instanceof ApiError ? error : null;
    if (refusal?.transient) {
      this.remember(sequence, drawing);
      this.publish('offline', messageOf(error));
      this.pace.failed(refusal.retryAfterSeconds);
    } else if (refusal?.status === 401) {
      this.publish('signed-out', messageOf(error));
    } else if (refusal?.code === 'draft-changed') {
      this.meetOther(refusal);
    } else {
      this.publish('failed', messageOf(error));
    }
  }

  private remember(sequence: number, drawing: Drawing): void {
    this.uncertain.set(sequence, drawing);
    const oldest = this.uncertain.keys().next().value;
    if (this.uncertain.size > MAX_UNCERTAIN && oldest !== undefined) this.uncertain.delete(oldest);
  }

  /** Another tab wrote, unless this tab did in an attempt whose answer was lost. */
  private meetOther(refusal: ApiError): void {
    const theirs = (refusal.problem as { draft?: DraftDetails | null } | null)?.draft ?? null;
    const own = theirs
      ? [...this.uncertain.values(), this.read()].some((one) => sameDrawing(drawingOf(theirs), one))
      : // The other tab has saved or discarded its draft, so nothing would be overwritten.
        true;
    if (own) {
      this.version = theirs?.version ?? 0;
      this.pace.now();
    } else {
      this.publish('conflict', refusal.message);
      this.state.set({ theirs });
    }
  }

  private publish(phase: KeeperPhase, reason: string | null = null): void {
    const stored = Math.max(this.copy.sequence, this.inServer) === this.changed;
    this.state.set({
      phase,
      reason,
      inBrowser: this.copy.sequence === this.changed && this.inServer < this.changed,
      atRisk: !stored,
      ...(phase === 'conflict' ? {} : { theirs: null }),
    });
  }
}
