import { Store } from '../../viewer/store';

/**
 * The search text. It may be part of a patient's name, so it is kept only in memory: addresses end
 * up in histories and logs.
 */
export const wantedText = new Store<{ text: string }>({ text: '' });
