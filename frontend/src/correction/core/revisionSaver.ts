import { t } from '@lingui/core/macro';
import { newIdempotencyKey } from '../../api/client';
import { ApiError, messageOf } from '../../api/problem';
import { Store } from '../../viewer/store';
import type { Labels, Revision, RevisionBody } from '../wire';
import type { CorrectionApi } from './correctionApi';
import type { DraftKeeper } from './draftKeeper';
import { type Drawing, emptyLabels, isEmpty, sameLabels } from './drawing';
import { Pace } from './pace';

export type SavePhase =
  | 'idle'
  | 'saving'
  /** Not answered; the same save is sent again automatically. */
  | 'offline'
  | 'signed-out'
  /** Someone else saved first: nothing was written, `newest` is theirs. */
  | 'stale'
  | 'failed';

export interface SaveState {
  phase: SavePhase;
  /** Whether to submit it as well. */
  submit: boolean;
  reason: string | null;
  newest: Revision | null;
}

/** The result of a save. */
export interface Saved {
  revision: Revision;
  submitted: boolean;
  /** Nothing was drawn between the save request and its answer. */
  unchanged: boolean;
}

export interface SaverPorts {
  keeper: DraftKeeper;
  server: Pick<CorrectionApi, 'saveRevision' | 'submit' | 'fetchLabels'>;
  onSaved: (saved: Saved) => void;
  backoffMs?: readonly number[];
}

/** A requested save, with the drawing as of that moment. */
interface Pending {
  body: RevisionBody;
  /** One key for all attempts: a lost answer must not lead to two revisions. */
  key: string;
  sequence: number;
  release: () => void;
}

const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000] as const;
const IDLE: SaveState = { phase: 'idle', submit: false, reason: null, newest: null };

/** Why a drawing cannot be saved as it is, in one sentence; null if it can. */
export function obstacle(drawing: Drawing): string | null {
  if (drawing.answer === null) return t`Choose an answer first.`;
  if (drawing.answer === 'lesions' && isEmpty(drawing.labels)) {
    return t`Nothing is outlined: draw a lesion, or answer “No lesion” or “Cannot judge”.`;
  }
  if (drawing.answer === 'cannot-judge' && !drawing.answerReason) {
    return t`Say why the image cannot be judged.`;
  }
  return null;
}

/** The stored form of a drawing: outlines only if the answer is that there are lesions. */
export function labelsToSave({ answer, labels }: Drawing): Labels {
  if (answer === 'lesions') return labels;
  const { width, height, image_attributes, measurements, note } = labels;
  return {
    ...emptyLabels(width, height),
    ...(image_attributes ? { image_attributes } : {}),
    ...(measurements ? { measurements } : {}),
    ...(note ? { note } : {}),
  };
}

/** Creates revisions of the drawing, exactly one for each save request. */
export class RevisionSaver {
  readonly state = new Store<SaveState>(IDLE);
  private readonly pace: Pace;
  private pending: Pending | null = null;

  constructor(private readonly ports: SaverPorts) {
    const backoffMs = ports.backoffMs ?? BACKOFF_MS;
    this.pace = new Pace({ debounceMs: 0, behindMs: 0, backoffMs, run: () => void this.attempt() });
  }

  /**
   * Saves the current drawing; later strokes go into the draft of the next revision.
   * @param on a parent other than the drawing's own: the revision with which it was merged
   */
  async save(options: { submit: boolean; on?: number | null }): Promise<void> {
    if (this.pending) return;
    const { keeper } = this.ports;
    const drawing = keeper.read();
    const reason = obstacle(drawing);
    if (reason || drawing.answer === null) {
      this.state.set({ ...IDLE, phase: 'failed', submit: options.submit, reason });
      return;
    }
    const pending: Pending = {
      body: {
        parent_revision: options.on === undefined ? drawing.parentRevision : options.on,
        labels: labelsToSave(drawing),
        answer: drawing.answer,
        answer_reason: drawing.answerReason,
        seconds: drawing.seconds,
        submit: options.submit,
      },
      key: newIdempotencyKey(),
      sequence: keeper.sequence,
      release: () => {},
    };
    this.pending = pending;
    this.state.set({ ...IDLE, phase: 'saving', submit: options.submit });
    // A draft that arrived after the revision would reappear.
    pending.release = await keeper.hold();
    await this.attempt();
  }

  /** Submits a revision that is already saved. */
  async submitRevision(revision: Revision): Promise<void> {
    if (this.pending || this.state.get().phase === 'saving') return;
    this.state.set({ ...IDLE, phase: 'saving', submit: true });
    try {
      await this.ports.server.submit(revision.revision, newIdempotencyKey());
      this.state.set(IDLE);
      this.ports.onSaved({ revision, submitted: true, unchanged: true });
    } catch (error) {
      this.state.set({ phase: 'failed', reason: messageOf(error) });
    }
  }

  /** Retries at once, as the network is back. */
  hurry(): void {
    if (this.state.get().phase === 'offline') this.pace.now();
  }

  /** The same person has signed in again. */
  resume(): void {
    if (this.state.get().phase === 'signed-out') this.pace.now();
  }

  /** Dismisses a refusal or a stale save; the drawing stays a draft. */
  dismiss(): void {
    if (!this.pending) this.state.set(IDLE);
  }

  /** Stops all attempts; the drawing stays a draft. */
  stop(): void {
    this.pace.stop();
    this.clearPending();
  }

  private async attempt(): Promise<void> {
    const { pending } = this;
    if (!pending) return;
    if (this.state.get().phase !== 'offline') this.state.set({ phase: 'saving' });
    try {
      await this.finish(pending, await this.ports.server.saveRevision(pending.body, pending.key));
    } catch (error) {
      await this.fail(pending, error);
    }
  }

  private async finish(pending: Pending, revision: Revision): Promise<void> {
    if (this.pending !== pending) return;
    const { keeper } = this.ports;
    const unchanged = keeper.sequence === pending.sequence;
    this.ports.onSaved({ revision, submitted: pending.body.submit, unchanged });
    await keeper.savedAs(pending.sequence);
    this.pace.succeeded();
    this.clearPending();
    this.state.set(IDLE);
  }

  private async fail(pending: Pending, error: unknown): Promise<void> {
    if (this.pending !== pending) return;
    const refusal = error instanceof ApiError ? error : null;
    const reason = messageOf(error);
    if (refusal?.transient) {
      this.state.set({ phase: 'offline', reason });
      this.pace.failed(refusal.retryAfterSeconds);
      return;
    }
    if (refusal?.status === 401) {
      this.state.set({ phase: 'signed-out', reason });
      return;
    }
    if (refusal?.code === 'stale-revision') {
      const newest = (refusal.problem as { newest?: Revision | null } | null)?.newest ?? null;
      if (newest && (await this.isThisSave(pending, newest))) {
        await this.finish(pending, newest);
        return;
      }
      this.clearPending();
      this.state.set({ phase: 'stale', reason, newest });
      return;
    }
    this.clearPending();
    this.state.set({ phase: 'failed', reason });
  }

  /**
   * Whether the newest revision is this very save: the answer went to a closed page, and the
   * drawing was restored from the browser.
   */
  private async isThisSave({ body }: Pending, newest: Revision): Promise<boolean> {
    if (newest.author?.id !== this.ports.keeper.user || body.submit) return false;
    if (newest.parent_revision !== body.parent_revision) return false;
    if (newest.answer !== body.answer) return false;
    const labels = await this.ports.server.fetchLabels(newest.revision).catch(() => null);
    return labels !== null && sameLabels(labels, body.labels);
  }

  private clearPending(): void {
    this.pending?.release();
    this.pending = null;
  }
}
