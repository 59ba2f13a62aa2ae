import { type ActivityClock, type Editor, type EditorLesion, encodeRuns } from '../../editor';
import type { Answer, Said } from '../wire';
import { type Drawing, type DrawingSource, numbersIn } from './drawing';

/** The editor's content as drawings that can be stored. */
export class EditorSource implements DrawingSource {
  private readonly listeners = new Set<() => void>();
  private readonly unsubscribe: () => void;
  private heard: string;
  private reason = '';
  private kept: Said = {};
  /** Seconds that were spent before this page was opened, in a draft that was taken up. */
  private earlierSeconds = 0;
  /** A stroke that was not finished was read: it may still be taken back without a step. */
  private readUnfinished = false;
  /** Something was drawn while a save was under way; the editor takes it for saved. */
  private ahead = false;

  constructor(
    private readonly editor: Editor,
    private readonly activity: Pick<ActivityClock, 'seconds' | 'reset'>,
    /** The revision that the drawing is based on. */
    public parentRevision: number | null,
    /** What the revision says why it cannot be judged. */
    private savedReason = '',
    said: Said = {},
  ) {
    this.said = said;
    this.reason = savedReason;
    this.heard = this.content();
    this.unsubscribe = editor.state.subscribe(() => this.look());
  }

  /** Classes, attributes and layers of what was opened: a save keeps them. */
  get said(): Said {
    return this.kept;
  }

  set said(said: Said) {
    this.kept = said;
    this.editor.reserved = numbersIn(said);
  }

  get dirty(): boolean {
    const { dirty } = this.editor.state.get();
    return dirty || this.ahead || this.reasonOf(this.reason) !== this.reasonOf(this.savedReason);
  }

  /** Why the image cannot be judged; kept with that answer alone. */
  set answerReason(reason: string) {
    if (reason === this.reason) return;
    this.reason = reason;
    this.look();
  }

  read(): Drawing {
    const { lesions, answer, stroking } = this.editor.state.get();
    const { map } = this.editor;
    if (stroking) this.readUnfinished = true;
    const drawn = lesions.filter(({ area }) => area > 0);
    const named = drawn.filter(({ label, name }) => name !== `Lesion ${label}`);
    const classes = this.classesOf(drawn);
    return {
      labels: {
        ...saidElse(this.said),
        width: map.width,
        height: map.height,
        runs: encodeRuns(map),
        names: Object.fromEntries(named.map(({ label, name }) => [String(label), name])),
        ...(Object.keys(classes).length > 0 ? { classes } : {}),
      },
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

  /** A draft of that many seconds was taken up. */
  continueAfter(seconds: number): void {
    this.earlierSeconds = Math.max(this.earlierSeconds, seconds);
  }

  /** @param unchanged nothing was drawn since what was saved was read */
  savedAs(revision: number, unchanged: boolean): void {
    this.parentRevision = revision;
    this.earlierSeconds = 0;
    this.activity.reset();
    this.ahead = !unchanged;
    this.savedReason = this.reason;
  }

  /** The editor is about to go; nothing is heard of it any more. */
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

  /** Differs when anything differs that is stored. */
  private content(): string {
    const { revision, lesions, answer } = this.editor.state.get();
    return JSON.stringify([
      revision,
      lesions.map(({ name, classId }) => [name, classId]),
      answer,
      this.reason,
    ]);
  }

  /** Classes by label: the editor's own, and those of lesions in layers that it does not have. */
  private classesOf(drawn: readonly EditorLesion[]): Record<string, string> {
    const inLayers = numbersIn({ overlays: this.said.overlays });
    const others = Object.entries(this.said.classes ?? {}).filter(([label]) =>
      inLayers.has(Number(label)),
    );
    const own = drawn.flatMap(({ label, classId }) => (classId ? [[String(label), classId]] : []));
    return Object.fromEntries([...others, ...own]);
  }

  private reasonOf(reason: string): string | null {
    const { answer } = this.editor.state.get();
    return answer === ('cannot-judge' satisfies Answer) ? reason.trim() || null : null;
  }
}

const saidElse = ({ classes: _, ...rest }: Said): Said => rest;
