/**
 * Saving corrections so that none is lost: drafts, recovery, revisions, merging, history, presence.
 *
 * The image page puts `CorrectionProvider` inside its `EditingContext`, around everything else.
 * It contains the dialogs (recovery, merging, two tabs, signing in again). Then
 * - `SaveState` goes into the top bar: what is stored where, Save and Submit;
 * - `PresenceStrip` next to it: who else has the image open;
 * - `CorrectionBars` just above the canvas, without height: quiet notes that float over it;
 * - `HistoryPanel` into the side panel: every revision, to look at, compare and restore.
 * Switching to another image needs nothing: unsent changes are still sent automatically.
 */
export { CorrectionBars } from './CorrectionBars';
export { CorrectionProvider } from './CorrectionProvider';
export { HistoryPanel } from './HistoryPanel';
export { PresenceStrip } from './PresenceStrip';
export { SaveState } from './SaveState';
