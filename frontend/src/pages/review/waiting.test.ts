import { describe, expect, it } from 'vitest';
import type { Reading, WorkMask } from '../../api/workflowTypes';
import { candidatesOf, findingText, needsAdjudication } from './waiting';

const mask = (revision: number, source: WorkMask['source'] = 'human') =>
  ({ revision, source }) as WorkMask;
const reading = (submitted_revision: number | null, state: Reading['state'] = 'submitted') =>
  ({ id: `r${submitted_revision}`, submitted_revision, state }) as Reading;

const image = (readings: Reading[], masks: WorkMask[], state = 'submitted' as const) => ({
  state,
  readings,
  masks,
});
const revisions = (of: ReturnType<typeof image>) =>
  candidatesOf(of).map((one) => one.mask.revision);

describe('what a reviewer decides on', () => {
  it('is the submitted revision, not the newest one', () => {
    expect(revisions(image([reading(2)], [mask(3), mask(2), mask(1, 'model')]))).toEqual([2]);
  });

  it('excludes readings that were returned, are open or superseded', () => {
    const readings = [reading(2, 'returned'), reading(null, 'open'), reading(3, 'superseded')];
    expect(revisions(image(readings, [mask(3), mask(2)]))).toEqual([]);
  });

  it('is empty once the image is approved', () => {
    const approved = { ...image([reading(2)], [mask(2)]), state: 'approved' as const };
    expect(candidatesOf(approved)).toEqual([]);
  });

  it('is a comparison if two readings wait; a consensus does not count as a second one', () => {
    expect(needsAdjudication(image([reading(2), reading(3)], [mask(3), mask(2)]))).toBe(true);
    const single = image([reading(2)], [mask(3, 'consensus'), mask(2)]);
    expect(needsAdjudication(single)).toBe(false);
    expect(revisions(single)).toEqual([2, 3]);
  });
});

describe('a finding', () => {
  const result = (lesions: unknown[]) => ({ width: 1, height: 1, lesions }) as WorkMask['result'];
  it("is the reader's answer rather than a measurement", () => {
    const none = { answer: 'no-lesion' as const, answer_reason: null, result: null };
    expect(findingText(none)).toBe('No lesion');
    expect(findingText({ answer: 'cannot-judge', answer_reason: 'shadow', result: null })).toBe(
      'Cannot judge: shadow',
    );
    expect(findingText({ answer: 'lesions', answer_reason: null, result: null })).toBe(
      'Being measured',
    );
    expect(findingText({ answer: 'lesions', answer_reason: null, result: result([1, 2]) })).toBe(
      '2 lesions',
    );
  });
});
