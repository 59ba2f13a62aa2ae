import { request } from '../../api/client';
import { imagePath, rootPath } from '../../api/images';
import { ApiError } from '../../api/problem';
import type {
  DraftBody,
  DraftDetails,
  DraftSaved,
  Labels,
  PresentPerson,
  Revision,
  RevisionBody,
} from '../wire';

/** Every server request for correcting one image; rejects with ApiError. */
export interface CorrectionApi {
  fetchDraft(signal?: AbortSignal): Promise<DraftDetails | null>;
  /** Outlives the page if the body is small enough, as does `deleteDraft`. */
  putDraft(body: DraftBody, signal?: AbortSignal): Promise<DraftSaved>;
  deleteDraft(): Promise<void>;
  /** @param key the same for every attempt at one save, so that the server creates one revision */
  saveRevision(body: RevisionBody, key: string): Promise<Revision>;
  restore(revision: number, parent: number, seconds: number, key: string): Promise<Revision>;
  submit(revision: number, key: string): Promise<void>;
  /** Withdraws a submission as long as nobody has reviewed it. */
  withdraw(): Promise<void>;
  /** Null if the lesions of a revision are the connected parts of its mask. */
  fetchLabels(revision: number, signal?: AbortSignal): Promise<Labels | null>;
  putPresence(editing: boolean): Promise<PresentPerson[]>;
  deletePresence(): Promise<void>;
}

/** @param baseUrl the server's address, if it is not the page's origin */
export function correctionApi(imageId: string, baseUrl = ''): CorrectionApi {
  const image = baseUrl + imagePath(imageId);
  const whole = baseUrl + rootPath(imageId);
  return {
    fetchDraft: (signal) => request(`${image}/draft`, { signal }),
    putDraft: (json, signal) =>
      request(`${image}/draft`, { method: 'PUT', json, signal, keepalive: true }),
    deleteDraft: () => request(`${image}/draft`, { method: 'DELETE', keepalive: true }),
    saveRevision: (json, idempotencyKey) =>
      request(`${image}/masks`, { method: 'POST', json, idempotencyKey }),
    restore: (revision, parent_revision, seconds, idempotencyKey) =>
      request(`${image}/masks/${revision}/restore`, {
        method: 'POST',
        json: { parent_revision, seconds },
        idempotencyKey,
      }),
    submit: async (revision, idempotencyKey) => {
      await request(`${image}/submit`, { method: 'POST', json: { revision }, idempotencyKey });
    },
    withdraw: () => request(`${whole}/submit`, { method: 'DELETE' }),
    fetchLabels: (revision, signal) =>
      labelsOrNull(request<Labels>(`${image}/masks/${revision}/labels`, { signal })),
    putPresence: async (editing) => {
      const answer = await request<{ people: PresentPerson[] }>(`${image}/presence`, {
        method: 'PUT',
        json: { editing },
      });
      return answer.people;
    },
    deletePresence: () => request(`${whole}/presence`, { method: 'DELETE', keepalive: true }),
  };
}

async function labelsOrNull(answer: Promise<Labels>): Promise<Labels | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'no-labels') return null;
    throw error;
  }
}
