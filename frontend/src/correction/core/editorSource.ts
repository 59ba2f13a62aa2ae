import { type ActivityClock, type Editor, labelsOf } from '../../editor';
import type { Assessment } from '../wire';
import type { Drawing, DrawingSource } from './drawing';

/** The editor's content as drawings that can be stored. */
export class EditorSource implements DrawingSource {
  private readonly listeners = new Set<() => void>();
  private readonly unsubscribe: () => void;
  private heard: string;
  private reason = '';
  /** Seconds spent before this page was opened, in a recovered draft. */
  private earlierSeconds = 0;
  /** An unfinished stroke was read: it may still be cancelled without a step. */
  private readUnfinished = false;
  /** Something was drawn during a save; the editor regards it as saved. */
  private ahead = false;

  constructor(
    private readonly editor: Editor,
    private readonly activity: Pick<ActivityClock, 'seconds' | 'reset'>,
    /** The revision that the drawing is based on. */
    public parentRevision: number | null,
    /** The revision's reason why the image cannot be judged. */
    private savedReason = '',
  ) {
    this.reason = savedReason;
    this.heard = this.content();
    this.unsubscribe = editor.state.subscribe(() => this.look());
  }

  get dirty(): boolean {
    const { dirty } = this.editor.state.get();
    return dirty || this.ahead || this.reasonOf(this.reason) !== this.reasonOf(this.savedReason);
  }

  /** Why the image cannot be judged; kept only with that answer. */
  set answerReason(reason: string) {
    if (reason === this.reason) return;
    this.reason = reason;
    this.look();
  }

  read(): Drawing {
    const { answer, stroking } = this.editor.state.get();
    if (stroking) this.readUnfinished = true;
    return {
      labels: labelsOf(this.editor),
      answer,
      answerReason: this.reasonOf(this.reason),
      seconds: this.seconds,
      parentRevision: this.parentRevision,
    };
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Active editing since the parent revision. */
  get seconds(): number {
    return this.earlierSeconds + this.activity.seconds;
  }

  /** A draft with this many seconds was recovered. */
  continueAfter(seconds: number): void {
    this.earlierSeconds = Math.max(this.earlierSeconds, seconds);
  }

  /** @param unchanged nothing was drawn since the saved content was read */
  savedAs(revision: number, unchanged: boolean): void {
    this.parentRevision = revision;
    this.earlierSeconds = 0;
    this.activity.reset();
    this.ahead = !unchanged;
    this.savedReason = this.reason;
  }

  /** The editor is about to be removed; stops listening to it. */
  close(): void {
    this.unsubscribe();
    this.listeners.clear();
  }

  private look(): void {
    const { stroking } = this.editor.state.get();
    const content = this.content();
    const takenBack = this.readUnfinished && !stroking;
    if (!stroking) this.readUnfinished = false;
    if (content === this.heard && !takenBack) return;
    this.heard = content;
    for (const listener of [...this.listeners]) listener();
  }

  /** Differs if any stored part differs. */
  private content(): string {
    const { revision, lesions, imageValues, answer, measurements, note } = this.editor.state.get();
    return JSON.stringify([
      revision,
      lesions.map(({ name, classId, values, kept }) => [name, classId, values, kept]),
      imageValues,
      this.editor.keepsMarks ? [measurements, note] : null,
      answer,
      this.reason,
    ]);
  }

  private reasonOf(reason: string): string | null {
    const { answer } = this.editor.state.get();
    return answer === ('cannot-judge' satisfies Assessment) ? reason.trim() || null : null;
  }
}
