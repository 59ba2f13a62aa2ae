import { describe, expect, it } from 'vitest';
import type { Lesion } from '../../api/types';
import { answerSentence, correctionsText, type Judged, percent } from './answerSentence';

const lesion = (probability: number) =>
  ({ label: 1, probability, possible: probability < 0.5 }) as Lesion;

function judged(change: Partial<Judged>): Judged {
  return {
    lesions: [],
    possible_lesions: [],
    presence: { probability: 0.03, operating_point: 0.2 },
    uncertainty: { score: 0.12, reasons: [] },
    out_of_domain: false,
    ...change,
  };
}

describe("the page's sentence on the model's answer", () => {
  it('is one sentence with the probability of a lesion and of a correction', () => {
    const one = judged({ lesions: [lesion(0.97)] });
    expect(answerSentence(one)).toBe(
      'This is very likely a lesion (97 %); 1 in 8 answers like this needs a correction.',
    );
    const two = judged({ lesions: [lesion(0.97), lesion(0.6)] });
    expect(answerSentence(two)).toContain('Each outline has a lesion probability of at least 60 %');
    const sure = judged({ lesions: [lesion(0.999), lesion(0.995)] });
    expect(answerSentence(sure)).toContain(
      'Each outline has a lesion probability of more than 99 %;',
    );
  });

  it('does not call an outline a lesion if it probably is not, and says which is which', () => {
    const weak = judged({ lesions: [lesion(0.21)], uncertainty: { score: 0.83, reasons: [] } });
    expect(answerSentence(weak)).toBe(
      'Possible lesion, but probably not one (lesion probability 21 %); 8 in 10 answers like this need a correction.',
    );
    expect(answerSentence(judged({ lesions: [lesion(0.3), lesion(0.21)] }))).toContain(
      'Possible lesions, but probably none is one (lesion probability at most 30 %)',
    );
    expect(answerSentence(judged({ lesions: [lesion(0.8), lesion(0.21)] }))).toContain(
      'The solid outlines have a lesion probability of at least 80 %, the dashed ones of at most 21 %',
    );
    expect(answerSentence(judged({ lesions: [lesion(0.52)] }))).toContain(
      'This is about as likely a lesion as not (52 %)',
    );
    expect(answerSentence(judged({ lesions: [lesion(0.76)] }))).toContain(
      'This is probably a lesion (76 %)',
    );
  });

  it('says that there is no lesion, and that there may be one', () => {
    expect(answerSentence(judged({}))).toBe(
      'No lesion found. The probability that there is one is 3 %.',
    );
    const possible = judged({ possible_lesions: [lesion(0.14)] });
    expect(answerSentence(possible)).toBe(
      'Probably no lesion. The dotted outline has a lesion probability of 14 %.',
    );
    const several = judged({ possible_lesions: [lesion(0.14), lesion(0.04)] });
    expect(answerSentence(several)).toMatch(/^Probably no lesion\. The dotted outlines have/);
  });

  it('does not say that there is no lesion if there more likely is one', () => {
    expect(answerSentence(judged({ possible_lesions: [lesion(0.6)] }))).toMatch(
      /^Nothing is outlined at this model’s operating point, but .* 60 %\.$/,
    );
    const missing = judged({ presence: { probability: 0.7, operating_point: 0.2 } });
    expect(answerSentence(missing)).toMatch(/^Nothing is outlined, but .* 70 %: look for one\.$/);
  });

  it('gives no probability for an image unlike those that the model was trained on', () => {
    const unlike = judged({ lesions: [lesion(0.97)], out_of_domain: true });
    expect(answerSentence(unlike)).toMatch(/was not trained on images like this/);
    expect(answerSentence(unlike)).not.toMatch(/%/);
  });

  it('is null for a model that cannot predict presence', () => {
    expect(answerSentence(judged({ presence: null }))).toBeNull();
  });

  it('never promises certainty', () => {
    expect(percent(1)).toBe('more than 99 %');
    expect(percent(0)).toBe('less than 1 %');
    expect(correctionsText(0.002)).toBe('fewer than 1 in 100 answers like this need a correction');
    expect(correctionsText(0.25)).toBe('1 in 4 answers like this needs a correction');
    expect(correctionsText(1)).toBe('nearly all answers like this need a correction');
  });
});
