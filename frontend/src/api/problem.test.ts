import { describe, expect, it } from 'vitest';
import { errorFromAnswer, messageOf, networkError, sentenceOf } from './problem';

const problem = (body: object) => JSON.stringify(body);

describe('an answer other than 2xx', () => {
  it("becomes the problem's own sentence, code and request id", () => {
    const error = errorFromAnswer(
      422,
      'application/problem+json',
      problem({
        type: 'about:blank',
        title: 'The image cannot be decoded',
        status: 422,
        detail: 'The file ends before the image does; export it again.',
        code: 'truncated-file',
        request_id: 'r-1',
      }),
    );
    expect(error.message).toBe('The file ends before the image does; export it again.');
    expect(error).toMatchObject({ status: 422, code: 'truncated-file', requestId: 'r-1' });
    expect(error.transient).toBe(false);
  });

  it('uses the title if there is no detail', () => {
    const error = errorFromAnswer(409, 'application/json', problem({ title: 'Job is running' }));
    expect(error.message).toBe('Job is running');
  });

  it.each([
    ['text/html', '<html><body>502 Bad Gateway nginx</body></html>'],
    ['application/problem+json', '{"title": "cut of'],
    [null, ''],
    ['application/json', '"just a string"'],
  ])('never shows a foreign body (%s)', (type, body) => {
    const error = errorFromAnswer(502, type, body);
    expect(error.message).toBe('The server is starting or being updated; try again in a moment.');
    expect(error.transient).toBe(true);
  });

  it('gives the time to wait after too many attempts', () => {
    const error = errorFromAnswer(429, null, '', '17');
    expect(error.message).toContain('17 s');
    expect(error.retryAfterSeconds).toBe(17);
  });

  it('has a sentence for any status', () => {
    for (let status = 400; status < 600; status += 1) {
      expect(errorFromAnswer(status, null, '').message).toMatch(/[a-z].*[.;]/);
    }
  });
});

describe('other failures', () => {
  it('distinguish a lost connection from a refusal', () => {
    expect(networkError()).toMatchObject({ status: 0, code: 'network', transient: true });
  });

  it('give a sentence for anything thrown', () => {
    expect(messageOf('oops')).toBe('Something went wrong; try again.');
    expect(sentenceOf(null)).toMatch(/server failed/);
  });
});

describe("in a language other than the API's", () => {
  it("uses own texts for problems that readers meet, and the API's for others", async () => {
    const { i18n } = await import('@lingui/core');
    const before = i18n.locale;
    const answer = (code: string) =>
      errorFromAnswer(
        429,
        'application/problem+json',
        problem({ title: 'Refused', status: 429, detail: 'You have 3 of 3.', code }),
        '3600',
      ).message;
    expect(answer('too-much-stored')).toBe('You have 3 of 3.');
    i18n.loadAndActivate({ locale: 'de', messages: {} });
    expect(answer('too-much-stored')).not.toContain('3 of 3');
    expect(answer('never-heard-of')).toBe('You have 3 of 3.');
    i18n.activate(before);
  });
});
