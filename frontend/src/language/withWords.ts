import { type Part, speakAlso } from './language';

const spoken = new Map<Part, Promise<void>>();

/** A module that is not one of the first, behind the words of its part: it may hold them in tables. */
export async function withWords<Module>(part: Part, load: () => Promise<Module>): Promise<Module> {
  const words = spoken.get(part) ?? speakAlso(part);
  spoken.set(part, words);
  try {
    await words;
  } catch (error) {
    spoken.delete(part);
    throw error;
  }
  return load();
}
