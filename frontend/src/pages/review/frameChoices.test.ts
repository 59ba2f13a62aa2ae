import { describe, expect, it } from 'vitest';
import type { SubmittedFrame } from '../../api/workflowTypes';
import { held, toggled, withReader } from './frameChoices';

const frame = (index: number, ada: number | null, grace: number | null, consensus = null) =>
  ({
    index,
    time_ms: null,
    dice: null,
    consensus,
    revisions: [
      ...(ada ? [{ reading_id: 'ada', revision: ada }] : []),
      ...(grace ? [{ reading_id: 'grace', revision: grace }] : []),
    ],
  }) as SubmittedFrame;

const FRAMES = [frame(1, 2, 3), frame(4, 1, null), frame(6, null, 1), frame(7, 5, 4)];

describe('choosing a revision for each frame', () => {
  it('is undone by choosing it again, and changed by choosing another', () => {
    const first = toggled(new Map(), 1, 2);
    expect(toggled(first, 1, 3).get(1)).toBe(3);
    expect(toggled(first, 1, 2).size).toBe(0);
  });

  it('applies one reader to all undecided frames', () => {
    const choices = withReader(FRAMES, toggled(new Map(), 1, 3), 'ada');
    expect(held(FRAMES, choices)).toEqual([
      { frame_index: 1, revision: 3 },
      { frame_index: 4, revision: 1 },
      { frame_index: 7, revision: 5 },
    ]);
  });

  it('is dropped if the revision no longer waits', () => {
    const choices = toggled(toggled(new Map(), 1, 2), 6, 1);
    const after = [frame(1, 4, 3), frame(6, null, 1)];
    expect(held(after, choices)).toEqual([{ frame_index: 6, revision: 1 }]);
    expect(held(after, withReader(after, choices, 'ada'))).toContainEqual({
      frame_index: 1,
      revision: 4,
    });
  });

  it('can be a consensus', () => {
    const agreed = { ...frame(1, 2, 3), consensus: 5 };
    expect(held([agreed], new Map([[1, 5]]))).toHaveLength(1);
  });
});
