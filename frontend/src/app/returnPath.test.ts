import { describe, expect, it } from 'vitest';
import { safeReturnPath } from './returnPath';

describe('the path to return to after signing in', () => {
  it('keeps the page and its search', () => {
    expect(safeReturnPath('/ui/images/0199?sort=uncertain')).toBe('/ui/images/0199?sort=uncertain');
  });

  it.each([
    'https://evil.example/ui/worklist',
    '//evil.example/ui/worklist',
    '/\\evil.example',
    '/ui/..\\evil',
    'javascript:alert(1)',
    '/segment',
    42,
    undefined,
  ])('refuses %s', (value) => {
    expect(safeReturnPath(value)).toBeUndefined();
  });

  it.each(['/ui/sign-in?next=/ui/worklist', '/ui/set-up'])('never loops to %s', (value) => {
    expect(safeReturnPath(value)).toBeUndefined();
  });
});
