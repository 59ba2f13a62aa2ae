/** An answer that was asked for before the code that wants it had come. */
interface Early {
  answer: Promise<Response | null>;
  at: number;
}

/** An answer that nobody took by then is fetched again: it may have changed. */
const FRESH_MS = 10_000;

const asked = new Map<string, Early>();

/** Asks for an address; `takeEarly` hands the answer to whoever wants it first. */
export function askEarly(path: string): void {
  const headers = { Accept: 'application/json, application/problem+json;q=0.9, */*;q=0.1' };
  // Where it fails, whoever wants it asks again and says why.
  const answer = fetch(path, { headers, credentials: 'same-origin' }).catch(() => null);
  asked.set(path, { answer, at: performance.now() });
}

/** The answer that is on its way, once; null where there is none. */
export async function takeEarly(path: string): Promise<Response | null> {
  const early = asked.get(path);
  asked.delete(path);
  if (!early || performance.now() - early.at > FRESH_MS) return null;
  return early.answer;
}

/** Forgets what nobody took: something was changed since it was asked for. */
export function forgetEarly(): void {
  asked.clear();
}
