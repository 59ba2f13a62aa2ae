import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { CorrectionContext } from './CorrectionContext';
import { MergeDialog } from './MergeDialog';
import type { MergeRequest } from './mergeRequest';
import { RecoveryPrompt } from './RecoveryPrompt';
import { SignInAgain } from './SignInAgain';
import { TabsDialog } from './TabsDialog';
import { useCorrectionSession } from './useCorrectionSession';
import { useRecovery } from './useRecovery';

/** Keeps what is drawn in the editor around it, and asks when something has to be decided. */
export function CorrectionProvider({ children }: { children: ReactNode }) {
  const session = useCorrectionSession();
  const { question, goOn, discard } = useRecovery(session);
  const [request, setRequest] = useState<MergeRequest | null>(null);
  const [tabsOpened, setTabsOpened] = useState(false);
  const settleTabs = useCallback(() => setTabsOpened(true), []);

  const correction = useMemo(
    () => ({ session, merge: setRequest, settleTabs }),
    [session, settleTabs],
  );
  return (
    <CorrectionContext value={correction}>
      {children}
      <RecoveryPrompt question={question} onGoOn={goOn} onDiscard={discard} />
      <MergeDialog request={request} onClose={() => setRequest(null)} />
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
