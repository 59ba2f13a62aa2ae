import { t } from '@lingui/core/macro';
import { isFailedDownload } from './failedDownload';
import { problemText, says } from './problemText';
import type { Problem } from './types';

/** A request that did not end in a 2xx answer. `message` is one sentence for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    message: string,
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The problem's machine-readable code; `network` when no answer came. */
    readonly code: string,
    readonly title: string,
    readonly requestId: string | null = null,
    readonly retryAfterSeconds: number | null = null,
    /** The whole document, with the members specific to this problem. */
    readonly problem: Problem | null = null,
  ) {
    super(message);
  }

  /** Whether retrying the same request unchanged can succeed. */
  get transient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const SENTENCES: Record<number, string> = {
  400: t`The server did not understand the request; reload the page and try again.`,
  401: t`You are signed out; sign in to continue.`,
  403: t`Your role does not allow this; ask an administrator.`,
  404: t`This does not exist, or you may not see it.`,
  409: t`This changed in the meantime; reload and try again.`,
  413: t`The file is larger than the server accepts.`,
  415: t`The server cannot read this type of file.`,
  422: t`The server could not use what was sent.`,
  429: t`Too many attempts; wait a moment and try again.`,
  502: t`The server is starting or being updated; try again in a moment.`,
  503: t`The server is busy or not ready; try again in a moment.`,
  504: t`The server took too long to answer; try again.`,
};

function fallbackSentence(status: number): string {
  return (
    SENTENCES[status] ??
    (status >= 500
      ? t`The server failed on this request; try again, and tell an administrator if it happens again.`
      : t`The request was refused.`)
  );
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'title' in value;
}

/** The sentence to show for a problem document: its detail, else its title, else one by status. */
export function sentenceOf(problem: Problem | null | undefined): string {
  if (!problem) return fallbackSentence(500);
  return (
    problemText(problem) || problem.detail || problem.title || fallbackSentence(problem.status)
  );
}

/**
 * Map an answer that is not 2xx. A body that is not problem+json (a proxy's HTML page, an
 * empty body) is never shown; the status decides the sentence then.
 */
export function errorFromAnswer(
  status: number,
  contentType: string | null,
  body: string,
  retryAfter: string | null = null,
): ApiError {
  let problem: Problem | null = null;
  if (contentType?.includes('json')) {
    try {
      const parsed: unknown = JSON.parse(body);
      if (isProblem(parsed)) problem = parsed;
    } catch {
      // A truncated body adds no information to the status.
    }
  }
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  const wait = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  let sentence =
    problemText(problem) || problem?.detail || problem?.title || fallbackSentence(status);
  if (status === 429 && wait !== null && !says(problem?.code) && !/\d/.test(sentence)) {
    sentence = t`Too many attempts; try again in ${Math.ceil(wait)} s.`;
  }
  return new ApiError(
    sentence,
    status,
    problem?.code ?? `http-${status}`,
    problem?.title ?? fallbackSentence(status),
    problem?.request_id ?? null,
    wait,
    problem,
  );
}

export function networkError(): ApiError {
  return new ApiError(
    t`The server cannot be reached; check the connection and try again.`,
    0,
    'network',
    t`No connection`,
  );
}

/** An error of the pages' own code, or a part that failed to load: reloading may help. */
export const isPageFault = (error: unknown): error is Error =>
  isFailedDownload(error) ||
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError].some(
    (kind) => error instanceof kind,
  );

/** One sentence for any thrown value. */
export function messageOf(error: unknown): string {
  if (isFailedDownload(error))
    return t`Part of this page did not load; check the connection and reload the page.`;
  if (isPageFault(error)) {
    const { message } = error;
    return t`The page itself failed; reload it. What you drew is kept. For your administrator: ${message}`;
  }
  return error instanceof Error ? error.message : t`Something went wrong; try again.`;
}
