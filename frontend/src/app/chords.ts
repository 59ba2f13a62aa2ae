/**
 * The keys of acts that others feel: no tool uses a chord, so that no slip of a tool's key approves
 * or returns anything. Submitting has Ctrl+Enter.
 */
export const CHORDS = {
  approve: { keys: ['Alt+a'], shown: 'Alt+a' },
  return: { keys: ['Alt+r'], shown: 'Alt+r' },
  undoLast: { keys: ['Alt+z'], shown: 'Alt+z' },
} as const;
