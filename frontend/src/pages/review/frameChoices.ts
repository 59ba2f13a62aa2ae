import type { FrameRevision, SubmittedFrame } from '../../api/workflowTypes';

/** The revision that a reviewer chose for each frame of a cine. */
export type Choices = ReadonlyMap<number, number>;

/** The choices that are still valid, in frame order: readings may change meanwhile. */
export function held(frames: readonly SubmittedFrame[], choices: Choices): FrameRevision[] {
  return frames.flatMap(({ index, revisions, consensus }) => {
    const revision = choices.get(index);
    if (revision === undefined) return [];
    const there = revision === consensus || revisions.some((one) => one.revision === revision);
    return there ? [{ frame_index: index, revision }] : [];
  });
}

/** Chooses a revision for a frame, or removes that choice. */
export function toggled(choices: Choices, frame: number, revision: number): Choices {
  const changed = new Map(choices);
  if (changed.get(frame) === revision) changed.delete(frame);
  else changed.set(frame, revision);
  return changed;
}

/** Chooses a reader's revision for every frame they drew on that has no choice yet. */
export function withReader(
  frames: readonly SubmittedFrame[],
  choices: Choices,
  readingId: string,
): Choices {
  const chosen = new Set(held(frames, choices).map(({ frame_index }) => frame_index));
  const changed = new Map(choices);
  for (const { index, revisions } of frames) {
    const drawn = revisions.find(({ reading_id }) => reading_id === readingId);
    if (drawn && !chosen.has(index)) changed.set(index, drawn.revision);
  }
  return changed;
}
