import { t } from '@lingui/core/macro';
import { reportSignedOut, withQuery } from '../api/client';
import { ApiError, errorFromAnswer, networkError } from '../api/problem';
import type { Job } from '../api/types';

export interface Sending {
  /** Resolves with the accepted job, or rejects with an ApiError. */
  answer: Promise<Job>;
  abort: () => void;
}

export interface SendOptions {
  file: Blob;
  contentType: string;
  /** The same for every attempt at the same file, so that the server creates one job. */
  idempotencyKey: string;
  /** The file's own name, which the server seals; sent in the body, never in an address. */
  name: string;
  case: string | null;
  /** The target project; null for the person's only project. */
  project: string | null;
  /** Fraction of the bytes sent, 0..1. */
  onProgress: (share: number) => void;
  /** The server stored a part, so progress is made even if the network often fails. */
  onKept?: () => void;
  baseUrl?: string;
}

/** Part size of larger files, the server's maximum: a lost connection costs one part. */
const PART_BYTES = 8 * 1024 * 1024;
/** The server deleted its partial copy of the file; the whole file is sent again. */
const GONE = 410;

/**
 * Sends one file, a large one in parts. The file name may contain a patient's name, so it is sent
 * in a separate field, which the server seals.
 */
export function sendFile(options: SendOptions): Sending {
  const line = new Line(options.baseUrl ?? '');
  const { file, contentType } = options;
  const whole = () => new Blob([file], { type: contentType });
  const inParts = file.size > PART_BYTES;
  const answer = inParts ? sendInParts(line, options) : segment(line, options, whole(), true);
  return { answer, abort: () => line.abort() };
}

/** Sends what the server does not have yet; the key identifies the upload, even after a reload. */
async function sendInParts(line: Line, options: SendOptions): Promise<Job> {
  const { file, project, idempotencyKey, onProgress } = options;
  let here: Received;
  try {
    const query = withQuery('/uploads', { project });
    here = await line.send('POST', query, JSON.stringify({ size: file.size }), {
      'Content-Type': 'application/json',
      'Idempotency-Key': `${idempotencyKey}.parts`,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== GONE) throw error;
    return segment(line, options, file, true);
  }
  while (here.job_id === null && here.received < here.size) {
    const { received, id } = here;
    const part = file.slice(received, received + Math.min(PART_BYTES, here.part_bytes));
    onProgress(received / here.size);
    here = await line.send(
      'PATCH',
      withQuery(`/uploads/${id}`, { offset: received }),
      part,
      { 'Content-Type': 'application/octet-stream' },
      (bytes) => onProgress(Math.min(1, (received + bytes) / here.size)),
    );
    options.onKept?.();
  }
  return segment(line, options, here.id, false);
}

interface Received {
  id: string;
  size: number;
  received: number;
  part_bytes: number;
  job_id: string | null;
}

async function segment(
  line: Line,
  options: SendOptions,
  file: Blob | string,
  tells: boolean,
): Promise<Job> {
  const body = new FormData();
  if (typeof file === 'string') body.append('upload', file);
  else body.append('file', file, 'image');
  if (options.name) body.append('name', options.name.slice(-255));
  if (options.case) body.append('case', options.case);
  const path = withQuery('/segment', { wait: 0, project: options.project });
  const headers = { 'Idempotency-Key': options.idempotencyKey };
  const told = tells
    ? (bytes: number, total: number) => options.onProgress(bytes / Math.max(1, total))
    : undefined;
  try {
    return jobFromAnswer(await line.send('POST', path, body, headers, told));
  } catch (error) {
    // The answer was lost, and meanwhile the image was stored, whose project hides the outline.
    if (!(error instanceof ApiError) || error.code !== 'model-hidden') throw error;
    return jobFromAnswer(error.problem as unknown as { job_id: string; image_id: string });
  }
}

/** One request after the other until aborted. XMLHttpRequest, as fetch reports no progress. */
class Line {
  private request: XMLHttpRequest | null = null;
  private broken = false;

  constructor(private readonly baseUrl: string) {}

  abort(): void {
    this.broken = true;
    this.request?.abort();
  }

  send<T>(
    method: 'POST' | 'PATCH',
    path: string,
    body: FormData | Blob | string,
    headers: Record<string, string>,
    onProgress?: (bytes: number, total: number) => void,
  ): Promise<T> {
    const request = new XMLHttpRequest();
    this.request = request;
    return new Promise<T>((resolve, reject) => {
      const aborted = () => reject(new DOMException(t`Aborted`, 'AbortError'));
      if (this.broken) {
        aborted();
        return;
      }
      request.open(method, `${this.baseUrl}${path}`);
      request.setRequestHeader('Accept', 'application/json');
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener('progress', (event) => {
        if (event.lengthComputable) onProgress?.(event.loaded, event.total);
      });
      request.addEventListener('load', () => {
        if (request.status >= 200 && request.status < 300) {
          try {
            resolve(JSON.parse(request.responseText));
          } catch {
            reject(errorFromAnswer(502, null, ''));
          }
          return;
        }
        if (request.status === 401) reportSignedOut();
        reject(
          errorFromAnswer(
            request.status,
            request.getResponseHeader('Content-Type'),
            request.responseText,
            request.getResponseHeader('Retry-After'),
          ),
        );
      });
      request.addEventListener('error', () => reject(networkError()));
      request.addEventListener('timeout', () => reject(networkError()));
      request.addEventListener('abort', aborted);
      request.send(body);
    });
  }
}

/** For an image that was segmented before, the answer may be its result instead of a job. */
function jobFromAnswer(body: Job | { job_id: string; image_id: string | null }): Job {
  if ('state' in body) return body;
  return {
    id: body.job_id,
    kind: 'segment',
    state: 'done',
    stage: null,
    progress: 1,
    position: null,
    attempts: 1,
    created_at: '',
    started_at: null,
    finished_at: null,
    model_name: null,
    image_id: body.image_id,
    duplicate: false,
    problem: null,
    links: { self: `/jobs/${body.job_id}` },
  };
}
