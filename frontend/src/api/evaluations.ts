import { request } from './client';
import { currentProject } from './project';
import type {
  Deployment,
  Evaluation,
  EvaluationReport,
  GateState,
  Model,
  PromotionRequest,
  ReferenceSet,
} from './types';

const nameOf = (model: Model) => `${model.name}@${model.version}`;
const path = (id: string) => `/evaluations/${encodeURIComponent(id)}`;

export const fetchEvaluations = async (signal?: AbortSignal) =>
  (await request<{ items: Evaluation[] }>('/evaluations', { signal })).items;

export const fetchEvaluation = (id: string, signal?: AbortSignal) =>
  request<EvaluationReport>(path(id), { signal });

/** Compares a version with the one in use; this is one more use of the test part. */
export const startEvaluation = (model: Model) =>
  request<EvaluationReport>('/evaluations', { method: 'POST', json: { model: nameOf(model) } });

export const cancelEvaluation = (id: string) =>
  request<EvaluationReport>(path(id), { method: 'DELETE' });

/** Address of the outlines of one of the worst images, without the picture. */
export const outlineAddress = (id: string, maskId: string, whose: 'before' | 'after') =>
  `${path(id)}/outlines/${encodeURIComponent(maskId)}/${whose}`;

/** Address of the report as PDF; the server names the file. */
export const reportAddress = (id: string) => `${path(id)}/report`;

export const fetchReferenceSets = async (signal?: AbortSignal) =>
  (
    await request<{ items: ReferenceSet[] }>('/reference-sets', {
      query: { project: currentProject() },
      signal,
    })
  ).items;

export const nameReferenceSet = (projectId: string, name: string) =>
  request<ReferenceSet>('/reference-sets', {
    method: 'POST',
    json: { project_id: projectId, name },
  });

export const retireReferenceSet = (id: string) =>
  request<void>(`/reference-sets/${encodeURIComponent(id)}`, { method: 'DELETE' });

/** Whether one admin alone may let a version serve. */
export const fetchGate = (model: Model, everywhere: boolean, signal?: AbortSignal) =>
  request<GateState>(
    `/models/${encodeURIComponent(model.name)}/${encodeURIComponent(model.version)}/gate`,
    { query: { everywhere }, signal },
  );

export const fetchPromotionRequests = async (signal?: AbortSignal) =>
  (await request<{ items: PromotionRequest[] }>('/promotion-requests', { signal })).items;

export const askForPromotion = (model: Model, reason: string, everywhere: boolean) =>
  request<PromotionRequest>('/promotion-requests', {
    method: 'POST',
    json: { model: nameOf(model), reason, everywhere },
  });

const decision = (id: string, word: string) =>
  `/promotion-requests/${encodeURIComponent(id)}/${word}`;

export const confirmPromotion = (id: string) =>
  request<{ items: Deployment[] }>(decision(id, 'confirmation'), { method: 'POST' });

/** Refuses a request, or withdraws one's own. */
export const refusePromotion = (id: string) =>
  request<void>(decision(id, 'refusal'), { method: 'POST' });
