import { currentLanguage } from '../language/language';
import { withWords } from '../language/withWords';
import { says } from './problemText';

/**
 * Loads the texts of rare problems before one is shown. In English the API's own sentence is shown.
 * @param body of an answer other than 2xx
 */
export async function learnProblem(body: string): Promise<void> {
  const code = /"code":\s*"([a-z-]+)"/.exec(body)?.[1];
  if (!code || currentLanguage() === 'en' || says(code)) return;
  try {
    await withWords('later', () => import('./moreTexts'));
  } catch {
    // Without a connection the received sentence is shown.
  }
}
