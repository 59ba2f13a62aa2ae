import { plural, t } from '@lingui/core/macro';
import { type Editor, type Missing, missingIn } from '../editor';
import { sentences } from '../language/sentences';
import { Store } from '../viewer/store';

/** The id of the field of a class or an attribute; `lesion` is null for an attribute of the image. */
export const fieldId = (lesion: number | null, attribute: string | null): string =>
  `said-${lesion ?? 'image'}-${attribute ?? 'class'}`;

/** Counts the jumps to a field; the page then opens its panel. */
export const jumps = new Store<{ count: number }>({ count: 0 });

/** A sentence about the first missing item, for a message. */
export function missingText(missing: readonly Missing[]): string {
  const [first, ...others] = missing;
  if (!first) return '';
  const who = first.lesion === null ? t`The image` : t`Lesion ${first.lesion}`;
  const what = first.attribute === null ? t`a class` : first.name;
  const sentence = t`${who}: ${what} is missing.`;
  if (others.length === 0) return sentence;
  const more = plural(others.length, {
    one: 'One more entry is missing.',
    other: '# more entries are missing.',
  });
  return sentences(sentence, more);
}

/** Goes to the field of a missing item: selects the lesion and focuses the field. */
export function jumpTo(editor: Editor, { lesion, attribute }: Missing): void {
  if (lesion !== null) editor.selectLesion(lesion);
  jumps.set({ count: jumps.get().count + 1 });
  focusSoon(fieldId(lesion, attribute), 30);
}

const SOON_MS = 30;

/** The form may still have to be loaded and rendered. */
function focusSoon(id: string, attempts: number): void {
  setTimeout(() => {
    const field =
      document.getElementById(id) ?? document.querySelector<HTMLElement>(`[data-said="${id}"]`);
    if (!field) {
      if (attempts > 0) focusSoon(id, attempts - 1);
      return;
    }
    const panel = field.closest('[role=tabpanel]');
    const tab = document.getElementById(panel?.getAttribute('aria-labelledby') ?? '');
    if (tab?.getAttribute('aria-selected') === 'false') tab.click();
    setTimeout(() => {
      field.focus();
      field.scrollIntoView({ block: 'nearest' });
    }, SOON_MS);
  }, SOON_MS);
}

/** Goes to the first missing item. @returns whether there was one */
export function leadToMissing(editor: Editor): boolean {
  const [first] = missingIn(editor.state.get());
  if (!first) return false;
  jumpTo(editor, first);
  editor.notice(missingText(missingIn(editor.state.get())));
  return true;
}
