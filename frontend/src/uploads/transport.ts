import { t } from '@lingui/core/macro';
import { reportSignedOut, withQuery } from '../api/client';
import { errorFromAnswer, networkError } from '../api/problem';
import type { Job } from '../api/types';

export interface Sending {
  /** Settles with the accepted job, or rejects with ApiError. */
  answer: Promise<Job>;
  abort: () => void;
}

export interface SendOptions {
  file: Blob;
  contentType: string;
  /** The same key for every attempt at the same file: the server then makes one job of them. */
  idempotencyKey: string;
  /** The file's own name, which the server keeps sealed; in the body, never in an address. */
  name: string;
  case: string | null;
  /** Where it goes; null is the person's only project. */
  project: string | null;
  /** 0..1 of the bytes sent. */
  onProgress: (share: number) => void;
  baseUrl?: string;
}

/**
 * Sends one file. XMLHttpRequest, because fetch reports no upload progress. The file's own
 * name may hold a patient's: it goes as a field of its own, which the server seals.
 */
export function sendFile(options: SendOptions): Sending {
  const request = new XMLHttpRequest();
  const answer = new Promise<Job>((resolve, reject) => {
    request.open(
      'POST',
      withQuery(`${options.baseUrl ?? ''}/segment`, { wait: 0, project: options.project }),
    );
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Idempotency-Key', options.idempotencyKey);
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) options.onProgress(event.loaded / Math.max(1, event.total));
    });
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) {
        try {
          resolve(jobFromAnswer(JSON.parse(request.responseText)));
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
    request.addEventListener('abort', () => reject(new DOMException(t`Aborted`, 'AbortError')));
    const body = new FormData();
    body.append('file', new Blob([options.file], { type: options.contentType }), 'image');
    if (options.name) body.append('name', options.name.slice(-255));
    if (options.case) body.append('case', options.case);
    request.send(body);
  });
  return { answer, abort: () => request.abort() };
}

/** An image that was segmented before may be answered with its result instead of a job. */
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
