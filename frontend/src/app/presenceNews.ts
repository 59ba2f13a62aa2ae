import type { PresenceNews } from '../api/types';
import { Store } from '../viewer/store';

/** The latest event about who has an image open. */
export const presenceNews = new Store<{ last: PresenceNews | null }>({ last: null });
