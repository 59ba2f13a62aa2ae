import { liveState } from '../app/live';
import { sessionLoss } from '../app/sessionLoss';
import { offerUnsavedWork } from '../app/unsavedWork';
import { Desk } from './core/desk';

/** One per tab: drawings outlive the page on which they were made. */
export const desk = new Desk();

desk.attach(window);
offerUnsavedWork(desk);

let lost = false;
sessionLoss.subscribe(() => {
  const before = lost;
  lost = sessionLoss.get().lost;
  if (before && !lost) desk.resume();
});

// The event connection detects that the server is back before the browser detects the network.
let connected = liveState.get().connected;
liveState.subscribe(() => {
  const before = connected;
  connected = liveState.get().connected;
  if (connected && !before) desk.hurry();
});
