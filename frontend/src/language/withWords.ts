import { type Part, speakAlso } from './language';

const spoken = new Map<Part, Promise<void>>();

/**
 * Loads a module of a later part after the texts of that part: the module may hold them in tables.
 */
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
