/** An answer that was requested before the code that needs it was loaded. */
interface Early {
  answer: Promise<Response | null>;
  at: number;
}

/** An answer that is unused after this time is fetched again: it may have changed. */
const FRESH_MS = 10_000;

const asked = new Map<string, Early>();

/** Requests an address; `takeEarly` gives the answer to the first caller. */
export function askEarly(path: string): void {
  const headers = { Accept: 'application/json, application/problem+json;q=0.9, */*;q=0.1' };
  // If it fails, the caller requests it again and reports the reason.
  const answer = fetch(path, { headers, credentials: 'same-origin' }).catch(() => null);
  asked.set(path, { answer, at: performance.now() });
}

/** The pending answer, once; null if there is none. */
export async function takeEarly(path: string): Promise<Response | null> {
  const early = asked.get(path);
  asked.delete(path);
  if (!early || performance.now() - early.at > FRESH_MS) return null;
  return early.answer;
}

/** Forgets unused answers: something has changed since they were requested. */
export function forgetEarly(): void {
  asked.clear();
}
