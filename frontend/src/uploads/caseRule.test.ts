import { describe, expect, it } from 'vitest';
import { caseOf, ruleProblem } from './caseRule';

describe('the rule that extracts a case from a name', () => {
  it.each([
    ['{case}_*', 'KH4711_links_2.png', 'KH4711'],
    ['US-{case}-*', 'us-88 b-mode.dcm', '88 b'],
    ['US-{case}-*', 'us-88-b-mode.dcm', '88'],
    ['*_{case}', 'breast_left_0042.png', '0042'],
    ['??{case}', 'AB77.tif', '77'],
    ['{case}', 'Case 9.png', 'Case 9'],
    ['(x)+{case}', '(x)+12.png', '12'],
    ['{case}_*', 'noname.png', null],
    ['US_{case}', 'study/day 1/US_12.png', '12'],
    ['{case}/*', 'study/case 7/a.b/x.png', 'a.b'],
    ['{case}/*/*', 'study/case 7/left/x.png', 'case 7'],
    ['{case}/*', 'x.png', null],
    ['', 'a.png', null],
  ])('%s on %s gives %s', (rule, name, wanted) => {
    expect(caseOf(rule, name)).toBe(wanted);
  });

  it('explains what is wrong with a rule', () => {
    expect(ruleProblem('US_*')).toContain('{case}');
    expect(ruleProblem('{case}{case}')).toContain('once');
    expect(ruleProblem('{case}_*')).toBeNull();
  });

  it('never takes long, whatever the rule and the name', () => {
    const started = performance.now();
    expect(caseOf(`${'*a'.repeat(40)}{case}!`, `${'a'.repeat(250)}.png`)).toBeNull();
    expect(performance.now() - started).toBeLessThan(500);
  });
});
