import type {
  ExportFormat,
  ExportOrder,
  Split,
  SuspectedTextRule,
  WorkState,
} from '../../api/workflowTypes';
import { startOfDay } from '../../components/dueDate';

/** The current state of the form; days such as "2026-11-24", both inclusive. */
export interface OrderDraft {
  format: ExportFormat;
  from: string;
  to: string;
  model: string | null;
  annotator: string | null;
  states: WorkState[];
  splits: Split[];
  lesionNames: boolean;
  /** Whether to include images with an area that looks like text and that nobody has judged. */
  suspectedText: SuspectedTextRule;
}

export const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

export const NEW_ORDER: OrderDraft = {
  format: 'png',
  from: '',
  to: '',
  model: null,
  annotator: null,
  states: ['approved'],
  splits: [...SPLITS],
  lesionNames: true,
  suspectedText: 'leave-out',
};

/**
 * The order for the api, whose `approved_to` is the first excluded moment. Null if the form cannot
 * be sent: no state or split chosen, or the last day before the first.
 */
export function orderOf(draft: OrderDraft): ExportOrder | null {
  if (draft.states.length === 0 || draft.splits.length === 0) return null;
  if (draft.from && draft.to && draft.from > draft.to) return null;
  return {
    format: draft.format,
    lesion_names: draft.lesionNames,
    suspected_text: draft.suspectedText,
    filters: {
      approved_from: startOfDay(draft.from),
      approved_to: startOfDay(draft.to, 1),
      model: draft.model,
      annotator_id: draft.annotator,
      states: draft.states,
      splits: draft.splits,
    },
  };
}
