import { createContext, use } from 'react';
import type { CorrectionSession } from './core/session';
import type { MergeRequest } from './mergeRequest';

export interface Correction {
  /** Null until the editor is open. */
  session: CorrectionSession | null;
  /** Opens the merge dialog. */
  merge: (request: MergeRequest) => void;
  /** Opens the dialog about two tabs. */
  resolveTabs: () => void;
}

export const CorrectionContext = createContext<Correction | null>(null);

/** @throws Error outside the CorrectionProvider */
export function useCorrection(): Correction {
  const correction = use(CorrectionContext);
  if (!correction) throw new Error('useCorrection needs the CorrectionProvider around it.');
  return correction;
}
