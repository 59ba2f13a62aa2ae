import { currentLanguage } from '../language/language';
import { withWords } from '../language/withWords';
import { says } from './problemText';

/**
 * Loads what rare problems mean before one of them is shown. In English the api's own sentence is.
 * @param body of an answer that is not 2xx
 */
export async function learnProblem(body: string): Promise<void> {
  const code = /"code":\s*"([a-z-]+)"/.exec(body)?.[1];
  if (!code || currentLanguage() === 'en' || says(code)) return;
  try {
    await withWords('later', () => import('./moreTexts'));
  } catch {
    // Without a connection the sentence that came is shown.
  }
}
