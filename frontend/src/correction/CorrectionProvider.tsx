import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from 'react';
import { CorrectionContext } from './CorrectionContext';
import type { MergeRequest } from './mergeRequest';
import { RecoveryPrompt } from './RecoveryPrompt';
import { SignInAgain } from './SignInAgain';
import { TabsDialog } from './TabsDialog';
import { useCorrectionSession } from './useCorrectionSession';
import { useRecovery } from './useRecovery';

// Seldom needed, and only where a save has just been answered.
const MergeDialog = lazy(() =>
  import('./MergeDialog').then((module) => ({ default: module.MergeDialog })),
);

/** Keeps what is drawn in the editor around it, and asks when something has to be decided. */
export function CorrectionProvider({ children }: { children: ReactNode }) {
  const session = useCorrectionSession();
  const { question, goOn, discard } = useRecovery(session);
  const [request, setRequest] = useState<MergeRequest | null>(null);
  const [tabsOpened, setTabsOpened] = useState(false);
  const resolveTabs = useCallback(() => setTabsOpened(true), []);

  const correction = useMemo(
    () => ({ session, merge: setRequest, resolveTabs }),
    [session, resolveTabs],
  );
  return (
    <CorrectionContext value={correction}>
      {children}
      <RecoveryPrompt question={question} onGoOn={goOn} onDiscard={discard} />
      {request ? (
        <Suspense fallback={null}>
          <MergeDialog request={request} onClose={() => setRequest(null)} />
        </Suspense>
      ) : null}
      {session ? (
        <TabsDialog
          session={session}
          opened={tabsOpened && !request}
          onClose={() => setTabsOpened(false)}
        />
      ) : null}
      <SignInAgain />
    </CorrectionContext>
  );
}
