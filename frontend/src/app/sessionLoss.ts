import { reportSignedOut } from '../api/client';
import { Store } from '../viewer/store';

/**
 * A session that ends while a page has unsaved work does not redirect the person: the page stays,
 * with everything on it, and asks the person to sign in again.
 */
export const sessionLoss = new Store<{ lost: boolean; asking: boolean }>({
  lost: false,
  asking: false,
});

const holders = new Set<symbol>();

/** Keeps the page in place if the session ends; returns a function that stops this. */
export function holdPage(): () => void {
  const holder = Symbol('page');
  holders.add(holder);
  return () => {
    holders.delete(holder);
    // The page was left without signing in: now the person is redirected as usual.
    if (holders.size > 0 || !sessionLoss.get().lost) return;
    sessionLoss.set({ lost: false, asking: false });
    reportSignedOut();
  };
}

/** @returns whether a page stays; if not, the caller redirects to the sign-in page */
export function loseSession(): boolean {
  if (holders.size === 0) return false;
  // Asked once: a person who wants to finish a stroke can close the dialog and is not asked again.
  if (!sessionLoss.get().lost) sessionLoss.set({ lost: true, asking: true });
  return true;
}

/** The same person has signed in again. */
export function regainSession(): void {
  sessionLoss.set({ lost: false, asking: false });
}
