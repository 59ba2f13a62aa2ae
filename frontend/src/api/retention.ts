import { request } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type RetentionRules = Schemas['RetentionRules'];
export type RetentionRule = Schemas['RetentionRuleDetails'];
export type RetentionPreview = Schemas['RetentionPreview'];
export type RetentionKind = RetentionRule['kind'];
export type RetentionTerms = Required<Schemas['RetentionTerms']>;

const path = (project: string) => `/projects/${encodeURIComponent(project)}`;

export const fetchRetention = (project: string, signal?: AbortSignal) =>
  request<RetentionRules>(`${path(project)}/retention`, { signal });

/** A preview of what a rule will affect when it takes effect. Changes nothing. */
export const previewRetention = (
  project: string,
  kind: RetentionKind,
  terms: RetentionTerms,
  signal?: AbortSignal,
) =>
  request<RetentionPreview>(`${path(project)}/retention-preview`, {
    method: 'POST',
    json: { kind, ...terms },
    signal,
  });

export const putRetention = (project: string, kind: RetentionKind, terms: RetentionTerms) =>
  request<RetentionRule>(`${path(project)}/retention/${kind}`, { method: 'PUT', json: terms });

export const endRetention = (project: string, kind: RetentionKind) =>
  request<void>(`${path(project)}/retention/${kind}`, { method: 'DELETE' });
