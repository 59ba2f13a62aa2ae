import { liveState } from '../app/live';
import { sessionLoss } from '../app/sessionLoss';
import { offerUnsavedWork } from '../app/unsavedWork';
import { Desk } from './core/desk';

/** One for the tab: drawings outlive the page that they were made on. */
export const desk = new Desk();

desk.attach(window);
offerUnsavedWork(desk);

let lost = false;
sessionLoss.subscribe(() => {
  const before = lost;
  lost = sessionLoss.get().lost;
  if (before && !lost) desk.resume();
});

// The events' connection notices a server that is back before the browser notices a network.
let connected = liveState.get().connected;
liveState.subscribe(() => {
  const before = connected;
  connected = liveState.get().connected;
  if (connected && !before) desk.hurry();
});
