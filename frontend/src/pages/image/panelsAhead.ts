import { loadMenu } from '../../components/LateMenu';
import { loadTooltip } from '../../components/Tooltip';
import { withWords } from '../../language/withWords';

/**
 * Preloads what an image may show next, so that it appears at once, even offline. Failed loads are
 * retried when needed.
 */
export async function loadPanels(): Promise<void> {
  await Promise.allSettled([
    loadTooltip(),
    loadMenu(),
    withWords('panels', () => import('./editing/ToolOptionsPart')),
    withWords('panels', () => import('../../correction/HistoryPanel')),
    withWords('panels', () => import('../../correction/MergeDialog')),
    withWords('panels', () => import('../../correction/SignInAgain')),
    withWords('panels', () => import('../../correction/TabsDialog')),
    withWords('panels', () => import('./DeleteDialog')),
    withWords('panels', () => import('./ImageFacts')),
    withWords('panels', () => import('./pins/PinPanel')),
  ]);
}
