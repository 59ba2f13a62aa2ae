import { desk } from './theDesk';

/** Stores what it can, then counts the drawings that would be lost by signing out. */
export const unsavedOf = (user: string): Promise<number> => desk.unsaved(user);

/** Removes what this browser holds of a person's drawings. */
export const forgetDrawingsOf = (user: string): Promise<void> => desk.forget(user);
