import { t } from '@lingui/core/macro';
import type {
  BoxRequest,
  InteractiveAnswer,
  PixelBox,
  PointRequest,
  RefineRequest,
  Runs,
} from '../../../api/interactive';
import { messageOf } from '../../../api/problem';
import { commands, decodeRuns, type Editor, encodeRuns, LabelMap, SCRIBBLE } from '../../../editor';
import { Store } from '../../../viewer/store';

export interface AssistantCalls {
  refine: (body: RefineRequest, signal: AbortSignal) => Promise<InteractiveAnswer>;
  box: (body: BoxRequest, signal: AbortSignal) => Promise<InteractiveAnswer>;
  point: (body: PointRequest, signal: AbortSignal) => Promise<InteractiveAnswer>;
}

export interface AssistantState {
  /** The request in progress. */
  pending: 'refine' | 'box' | 'point' | null;
  /** The answer takes so long that people may wonder. */
  slow: boolean;
  /** One sentence on why the last question failed and what to do. */
  problem: string | null;
}

const SLOW_AFTER_MS = 200;
/** After this many answers made obsolete by further drawing, the person is asked to pause. */
const MOST_QUESTIONS = 3;

interface Question {
  kind: 'refine' | 'box' | 'point';
  /** Label of the lesion that changes; null if the answer adds one. */
  label: number | null;
  name: string;
  ask: (signal: AbortSignal) => Promise<InteractiveAnswer>;
}

/**
 * Asks the server for outlines of a scribbled lesion, of a lesion in a box, or of one under a
 * click. Each answer becomes one undoable step. Only the newest question counts, and an answer for
 * pixels that have changed since is discarded and requested again. Independent of React.
 */
export class Assistant {
  readonly state = new Store<AssistantState>({ pending: null, slow: false, problem: null });
  private abort: AbortController | null = null;

  constructor(
    private readonly editor: Editor,
    private readonly calls: AssistantCalls,
  ) {}

  /** Outlines the selected lesion again, with all scribbles of the editor fixed. */
  refine(): void {
    const { lesions, selected, scribbled } = this.editor.state.get();
    if (scribbled === 0) return;
    if (selected === null && lesions.length > 0) {
      this.editor.notice(t`Select the lesion to refine, then scribble again.`);
      return;
    }
    if (selected === null && !this.editor.scribbles.data.includes(SCRIBBLE.lesion)) {
      this.editor.notice(t`Scribble inside the lesion first: there is no outline yet.`);
      return;
    }
    void this.run(() => {
      const { map, scribbles } = this.editor;
      const mask = selected === null ? new LabelMap(map.width, map.height) : map.only(selected);
      const body = {
        width: map.width,
        height: map.height,
        mask: encodeRuns(mask),
        scribbles: encodeRuns(scribbles),
        model: null,
      };
      const ask = (signal: AbortSignal) => this.calls.refine(body, signal);
      return { kind: 'refine', label: selected, name: t`Refine`, ask };
    });
  }

  /** Looks for a lesion in the box, other than those already outlined. */
  outline(box: PixelBox): void {
    void this.run(() => {
      const body = { box, mask: this.outlined() };
      const ask = (signal: AbortSignal) => this.calls.box(body, signal);
      return { kind: 'box', label: null, name: t`Box`, ask };
    });
  }

  /** Looks for the lesion under a pixel, other than those already outlined. */
  outlineAt({ x, y }: { x: number; y: number }): void {
    if (this.editor.flat.at(x, y) !== 0) {
      this.editor.notice(
        t`That place is outlined already. Click inside a lesion that is not outlined.`,
      );
      return;
    }
    void this.run(() => {
      const body = { point: { row: y, column: x }, mask: this.outlined() };
      const ask = (signal: AbortSignal) => this.calls.point(body, signal);
      return { kind: 'point', label: null, name: t`Click`, ask };
    });
  }

  private outlined(): Runs {
    const { width, height, data } = this.editor.flat;
    return encodeRuns(
      new LabelMap(
        width,
        height,
        data.map((label) => Number(label !== 0)),
      ),
    );
  }

  /** Cancels the question in progress. @returns whether there was one */
  cancel(): boolean {
    const asked = this.abort !== null;
    this.abort?.abort();
    this.abort = null;
    this.state.set({ pending: null, slow: false, problem: null });
    return asked;
  }

  private async run(question: () => Question): Promise<void> {
    this.cancel();
    const abort = new AbortController();
    this.abort = abort;
    const timer = setTimeout(() => {
      if (this.abort === abort) this.state.set({ slow: true });
    }, SLOW_AFTER_MS);
    try {
      const problem = await this.settle(question, abort);
      if (this.abort === abort) this.finish(problem);
    } catch (error) {
      if (this.abort === abort) this.finish(messageOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns what went wrong, or null */
  private async settle(question: () => Question, abort: AbortController): Promise<string | null> {
    for (let asked = 0; asked < MOST_QUESTIONS; asked += 1) {
      const { kind, label, name, ask } = question();
      this.state.set({ pending: kind });
      const { revision } = this.editor.state.get();
      const answer = await ask(abort.signal);
      await this.endOfStroke(abort.signal);
      if (this.abort !== abort) return null;
      const state = this.editor.state.get();
      const gone = label !== null && !state.lesions.some((lesion) => lesion.label === label);
      if (gone) return t`The lesion was deleted meanwhile, so its new outline was discarded.`;
      if (state.revision !== revision) continue;
      return this.apply(answer, kind, label, name);
    }
    return t`The outline changed while the answer was computed. Pause for a moment and try again.`;
  }

  private apply(
    answer: InteractiveAnswer,
    kind: Question['kind'],
    label: number | null,
    name: string,
  ): string | null {
    const { width, height } = this.editor.map;
    const mask = decodeRuns(answer.runs, width, height);
    if (kind !== 'refine' && !mask.data.includes(1)) {
      return t`No lesion was found there. Draw it with the brush or the polygon.`;
    }
    commands.setLesionPixels(this.editor, label, mask, name, {
      clearScribbles: kind === 'refine',
    });
    return null;
  }

  /** Applying a step in the middle of a stroke would split the stroke. */
  private endOfStroke(signal: AbortSignal): Promise<void> {
    const { state } = this.editor;
    return new Promise((resolve) => {
      if (!state.get().stroking || signal.aborted) return resolve();
      const stop = () => {
        if (state.get().stroking && !signal.aborted) return;
        unsubscribe();
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const unsubscribe = state.subscribe(stop);
      signal.addEventListener('abort', stop);
    });
  }

  private finish(problem: string | null): void {
    this.abort = null;
    this.state.set({ pending: null, slow: false, problem });
    if (problem) this.untilWorkGoesOn(problem);
  }

  /** A person who continues to draw has read it. */
  private untilWorkGoesOn(problem: string): void {
    const { state } = this.editor;
    const { revision, scribbled, tool } = state.get();
    const stop = state.subscribe(() => {
      const now = state.get();
      if (now.revision === revision && now.scribbled === scribbled && now.tool === tool) return;
      stop();
      if (this.state.get().problem === problem) this.state.set({ problem: null });
    });
  }
}
