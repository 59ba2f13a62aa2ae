import { newIdempotencyKey, request } from './client';
import { imagePath, rootPath } from './images';
import type { components } from './schema';
import type { Job } from './types';

type Schemas = components['schemas'];
export type Suggestion = Schemas['SuggestionDetails'];
export type Decided = Schemas['Decided'];

/** Follows the lesions of corrected frames to those around them; a job with progress. */
export const suggestOn = (imageId: string, first: number, last: number) =>
  request<Job>(`${rootPath(imageId)}/suggestions`, {
    method: 'POST',
    json: { first, last },
    idempotencyKey: newIdempotencyKey(),
  });

/** The open suggestion on a frame; null if there is none. */
export const fetchSuggestion = (place: string, signal?: AbortSignal) =>
  request<Suggestion | null>(`${imagePath(place)}/suggestion`, { signal });

export const decideSuggestions = (
  imageId: string,
  verb: 'accept' | 'reject',
  first: number,
  last: number,
) =>
  request<Decided>(`${rootPath(imageId)}/suggestions/${verb}`, {
    method: 'POST',
    json: { first, last },
  });

export const undoSuggestions = (imageId: string, decision: string) =>
  request<Decided>(`${rootPath(imageId)}/suggestions/undo`, {
    method: 'POST',
    json: { decision },
  });
