import type { Language } from '../language/language';
import { ApiError, request } from './client';
import type { Invitation, Session, SessionUser } from './types';

/** The current session, or null if nobody is signed in. */
export async function fetchSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    return await request<Session>('/session', { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export const signIn = (email: string, password: string) =>
  request<SessionUser>('/session', { method: 'POST', json: { email, password } });

export const signOut = () => request<void>('/session', { method: 'DELETE' });

export const chooseLanguage = (language: Language) =>
  request<void>('/session/language', { method: 'PUT', json: { language } });

export const changePassword = (current: string, next: string, keepTokens: boolean) =>
  request<void>('/session/password', {
    method: 'PUT',
    json: { current_password: current, new_password: next, keep_tokens: keepTokens },
  });

export const fetchSetupNeeded = (signal?: AbortSignal) =>
  request<{ needed: boolean }>('/setup', { signal });

export const createFirstAdmin = (body: {
  token: string;
  name: string;
  email: string;
  password: string;
}) => request<SessionUser>('/setup', { method: 'POST', json: body });

export const lookUpInvitation = (token: string, signal?: AbortSignal) =>
  request<Invitation>('/invitations/lookup', { method: 'POST', json: { token }, signal });

export const acceptInvitation = (body: { token: string; name?: string; password: string }) =>
  request<SessionUser>('/invitations/accept', { method: 'POST', json: body });

/** Has a link sent to the account with this email; the answer never reveals whether one exists. */
export const askForNewPassword = (email: string) =>
  request<void>('/forgotten-passwords', { method: 'POST', json: { email } });
