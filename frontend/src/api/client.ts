import { currentLanguage } from '../language/language';
import { forgetEarly, takeEarly } from './early';
import { learnProblem } from './learnProblems';
import { ApiError, errorFromAnswer, networkError } from './problem';
import { projectQuery } from './project';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  json?: unknown;
  /** Sent as multipart, instead of JSON. */
  form?: FormData;
  /** Sent percent-encoded: headers allow no other characters. */
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  idempotencyKey?: string;
  /** Let the request outlive the page, if the body is small enough for browsers to allow it. */
  keepalive?: boolean;
}

/** Browsers refuse a keepalive request whose body is larger than 64 KiB. */
export const KEEPALIVE_MAX_BYTES = 60_000;

type SignedOutListener = () => void;
const signedOutListeners = new Set<SignedOutListener>();

/** Called whenever the server answers 401 to a request of a page that needs a session. */
export function onSignedOut(listener: SignedOutListener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export function reportSignedOut(): void {
  for (const listener of signedOutListeners) listener();
}

/** A random key; unlike crypto.randomUUID it also works on plain http in a hospital network. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** Sends a request; resolves with the JSON body (undefined for 204), rejects with ApiError. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const answer = await fetchAnswer(path, options);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/** Like request, for bytes. */
export async function requestBlob(path: string, signal?: AbortSignal): Promise<Blob> {
  const answer = await fetchAnswer(path, { signal });
  return answer.blob();
}

const fits = (body: string): boolean => new Blob([body]).size <= KEEPALIVE_MAX_BYTES;

async function fetchAnswer(path: string, options: RequestOptions): Promise<Response> {
  const headers = new Headers({
    Accept: 'application/json, application/problem+json;q=0.9, */*;q=0.1',
    // An e-mail that the API sends is in the language of the page that requested it.
    'Accept-Language': currentLanguage(),
  });
  if (options.json !== undefined) headers.set('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers.set(name, encodeURIComponent(value));
  }
  if (options.idempotencyKey) headers.set('Idempotency-Key', options.idempotencyKey);
  const body = options.json === undefined ? null : JSON.stringify(options.json);
  // A character of a lesion's name may take three bytes.
  const small = body === null || body.length * 3 <= KEEPALIVE_MAX_BYTES || fits(body);
  const method = options.method ?? 'GET';
  const address = withQuery(path, { ...projectQuery(path), ...options.query });
  if (method !== 'GET') forgetEarly();
  let answer: Response;
  try {
    const early = method === 'GET' ? await takeEarly(address) : null;
    answer =
      early ??
      (await fetch(address, {
        method,
        headers,
        credentials: 'same-origin',
        keepalive: options.keepalive === true && small,
        ...(options.form ? { body: options.form } : body === null ? {} : { body }),
        ...(options.signal ? { signal: options.signal } : {}),
      }));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw networkError();
  }
  if (answer.ok) return answer;
  const said = await answer.text().catch(() => '');
  await learnProblem(said);
  const error = errorFromAnswer(
    answer.status,
    answer.headers.get('Content-Type'),
    said,
    answer.headers.get('Retry-After'),
  );
  // A wrong password is a 401 too, and must not send the person anywhere.
  if (answer.status === 401 && path !== '/session') reportSignedOut();
  throw error;
}

export { ApiError };
