import { speakOfEverything } from './language';

/** A module that is not one of the first, with its words: modules hold them in tables. */
export async function withWords<Module>(load: () => Promise<Module>): Promise<Module> {
  await speakOfEverything();
  return load();
}
