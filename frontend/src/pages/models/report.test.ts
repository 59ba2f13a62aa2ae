import { expect, it } from 'vitest';
import type { EvaluationReport, GateCheck } from '../../api/types';
import { dayOf } from './figures';
import { figuresOf, limitOf, sentenceOf } from './report';

const check = (over: Partial<GateCheck>) => ({ key: 'gain', ...over }) as GateCheck;

it('writes a difference with its sign and its interval', () => {
  const gain = check({ before: 0.8, after: 0.8125, value: 0.0125, low: -0.002, high: 0.0304 });
  expect(figuresOf(gain)).toEqual({
    before: '0.800',
    after: '0.813',
    difference: '+0.013 [-0.002, +0.030]',
  });
  expect(figuresOf(check({ key: 'false-outlines', value: 0 })).difference).toBe('0.000');
});

it('writes times in whole milliseconds and their ratio', () => {
  const time = check({ key: 'time', before: 80.2, after: 1200.4, value: 14.97, limit: 1.5 });
  expect(figuresOf(time)).toEqual({ before: '80 ms', after: '1,200 ms', difference: '14.97 ×' });
  expect(limitOf(time)).toBe('at most 1.5 ×');
});

it('gives in one sentence the number of checks that a version fails', () => {
  const data = {
    model: 'dark@2.0.0',
    serving: 'lite@1.0.0',
    state: 'done',
    verdict: { standing: 'fail', checks: [{ standing: 'fail' }, { standing: 'pass' }] },
  } as EvaluationReport;
  expect(sentenceOf(data)).toBe(
    'dark 2.0.0 does not pass the gate against lite 1.0.0: it fails 1 of 2 checks.',
  );
});

it('reads a day as a day, and leaves other text unchanged', () => {
  expect(dayOf('2026-11-28')).toBe('November 28, 2026');
  expect(dayOf('last spring')).toBe('last spring');
});
