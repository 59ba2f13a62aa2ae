import {
  type ReactNode,
  useCallback,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useUser } from '../app/session';
import { sessionLoss } from '../app/sessionLoss';
import { lazily } from '../components/lazily';
import { withWords } from '../language/withWords';
import { CorrectionContext } from './CorrectionContext';
import type { MergeRequest } from './mergeRequest';
import { useCorrectionSession } from './useCorrectionSession';
import { useRecovery } from './useRecovery';

// Each is rarely needed.
const MergeDialog = lazily(
  async () => (await withWords('panels', () => import('./MergeDialog'))).MergeDialog,
);
const RecoveryPrompt = lazily(
  async () => (await withWords('panels', () => import('./RecoveryPrompt'))).RecoveryPrompt,
);
const SignInAgain = lazily(
  async () => (await withWords('panels', () => import('./SignInAgain'))).SignInAgain,
);
const TabsDialog = lazily(
  async () => (await withWords('panels', () => import('./TabsDialog'))).TabsDialog,
);

/** Stores the drawing of the surrounding editor, and asks when a decision is needed. */
export function CorrectionProvider({ children }: { children: ReactNode }) {
  const session = useCorrectionSession();
  const { question, goOn, discard } = useRecovery(session);
  const [request, setRequest] = useState<MergeRequest | null>(null);
  const { lost, asking } = useSyncExternalStore(sessionLoss.subscribe, sessionLoss.get);
  // The session may already be known to be over when someone signs in again.
  const user = useUser();
  const owner = useRef(user);
  if (user) owner.current = user;
  const [tabsOpened, setTabsOpened] = useState(false);
  const resolveTabs = useCallback(() => setTabsOpened(true), []);

  const correction = useMemo(
    () => ({ session, merge: setRequest, resolveTabs }),
    [session, resolveTabs],
  );
  return (
    <CorrectionContext value={correction}>
      {children}
      {question ? <RecoveryPrompt question={question} onGoOn={goOn} onDiscard={discard} /> : null}
      {request ? <MergeDialog request={request} onClose={() => setRequest(null)} /> : null}
      {session && tabsOpened && !request ? (
        <TabsDialog session={session} onClose={() => setTabsOpened(false)} />
      ) : null}
      {lost && asking ? <SignInAgain owner={owner.current} /> : null}
    </CorrectionContext>
  );
}
