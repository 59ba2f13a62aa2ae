import { t } from '@lingui/core/macro';

const REASONS: Readonly<Record<string, string>> = {
  out_of_domain: t`This is unlike the images the model was trained on; its outlines here, or their absence, mean little.`,
  touches_border: t`The lesion touches the border of the image; it may continue outside.`,
  several_candidates: t`There are several candidates of similar size.`,
  low_contrast: t`The lesion hardly differs from the tissue around it.`,
  low_confidence: t`The model is not sure that this is a lesion.`,
  no_lesion: t`No lesion was found; check that none was missed.`,
  possible_lesion: t`The model found something that is more likely not a lesion, and did not outline it.`,
};

/** Why a person should check again, in the language of the page. */
export const reasonText = (reason: { code: string; text: string }): string =>
  REASONS[reason.code] ?? reason.text;

const NOTES: Readonly<Record<string, string>> = {
  'Lengths are unknown: the file states distances on a film or a detector.': t`Lengths are unknown: the file states distances on a film or a detector.`,
  'Lengths are unknown: an ultrasound region reaches beyond the picture.': t`Lengths are unknown: an ultrasound region reaches beyond the picture.`,
  'Lengths are unknown: no plausible distance in an ultrasound region.': t`Lengths are unknown: no plausible distance in an ultrasound region.`,
  'Lengths are unknown: ultrasound region and pixel spacing contradict.': t`Lengths are unknown: ultrasound region and pixel spacing contradict each other.`,
  'Lengths are unknown: the video has another size than the file states.': t`Lengths are unknown: the video has another size than the file states.`,
  'The pixels are not square, so that a scale by hand would be wrong.': t`The pixels are not square, so that a scale by hand would be wrong.`,
  'Lengths are unknown in a part of the picture.': t`Lengths are unknown in a part of the picture.`,
  'Parts of the picture differ in scale: each is measured by its own.': t`Parts of the picture differ in scale: each is measured by its own.`,
  "The file's grey scale shows nothing of the picture and was ignored.": t`The file’s grey scale shows nothing of the picture and was ignored.`,
  'A lookup table of the file is empty or damaged and was ignored.': t`A lookup table of the file is empty or damaged and was ignored.`,
  'An instance with the same identifier came before with other contents; both images are kept.': t`An instance with the same identifier but different contents was received before; both images are kept.`,
};

/** A note on an ignored value of a file; it is stored with the image in English. */
export function noteText(note: string): string {
  if (/^An ultrasound region of the file was ignored:/.test(note)) {
    return t`An ultrasound region of the file was ignored.`;
  }
  return NOTES[note] ?? note;
}
