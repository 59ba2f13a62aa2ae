// The names that correcting uses for the shapes of the HTTP contract, see api/types.ts.
import type { components } from '../api/schema';

type Schemas = components['schemas'];

/** What a reader says of an image. */
export type Answer = Schemas['Answer'];

/** A drawing on the wire: row-major runs [label, length, …], names by label. */
export type Labels = Schemas['Labels'];

/** `force` writes over whatever another tab wrote; left out it does not. */
export type DraftBody = Omit<Schemas['NewDraft'], 'force'> & { force?: boolean };
export type DraftDetails = Schemas['DraftDetails'];
export type DraftSaved = Schemas['DraftSaved'];
export type RevisionBody = Schemas['NewMask'];
export type Revision = Schemas['MaskSummary'];

/** Somebody else who has the image open. */
export type PresentPerson = Schemas['PresentPerson'];
