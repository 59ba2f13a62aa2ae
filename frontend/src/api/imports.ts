import { t } from '@lingui/core/macro';
import { newIdempotencyKey, reportSignedOut, request, withQuery } from './client';
import { errorFromAnswer, networkError } from './problem';
import { projectQuery } from './project';
import type { Page } from './types';
import type { Import, ImportAs } from './workflowTypes';

const importPath = (id: string) => `/imports/${encodeURIComponent(id)}`;

export const fetchImports = (cursor: string | null, signal?: AbortSignal) =>
  request<Page<Import>>('/imports', { query: { cursor, limit: 20 }, signal });

/**
 * Stores the labels that passed the check.
 * @param mapping the target of each found class: id of a class, `leave-out` or `refuse`
 */
export const applyImport = (id: string, stored_as: ImportAs, mapping: Record<string, string>) =>
  request<Import>(`${importPath(id)}/apply`, { method: 'POST', json: { stored_as, mapping } });

/** Deletes archive and report; stored labels stay. */
export const deleteImport = (id: string) => request<void>(importPath(id), { method: 'DELETE' });

/**
 * Sends an archive; it is checked, and nothing is stored. Uses XMLHttpRequest, because fetch reports
 * no upload progress. The file's own name is not sent: it may contain a patient's.
 * @param onProgress 0..1 of the bytes sent
 */
export function sendArchive(
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Import> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', withQuery('/imports', projectQuery('/imports')));
    sending.setRequestHeader('Accept', 'application/json');
    sending.setRequestHeader('Idempotency-Key', newIdempotencyKey());
    sending.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / Math.max(1, event.total));
    });
    sending.addEventListener('load', () => {
      if (sending.status >= 200 && sending.status < 300) {
        resolve(JSON.parse(sending.responseText) as Import);
        return;
      }
      if (sending.status === 401) reportSignedOut();
      reject(
        errorFromAnswer(
          sending.status,
          sending.getResponseHeader('Content-Type'),
          sending.responseText,
          sending.getResponseHeader('Retry-After'),
        ),
      );
    });
    sending.addEventListener('error', () => reject(networkError()));
    sending.addEventListener('abort', () => reject(new DOMException(t`Aborted`, 'AbortError')));
    signal.addEventListener('abort', () => sending.abort());
    const body = new FormData();
    body.append('file', file, 'archive.zip');
    sending.send(body);
  });
}
