import { t } from '@lingui/core/macro';
import type { Shadow } from '../../api/types';
import { counted, fixed, percentOf } from './figures';

type Figures = NonNullable<Shadow['figures']>;
type Value = number | null | undefined;

const share = (value: Value) => (value == null ? '–' : percentOf(value));
const dice = (value: Value) => (value == null ? '–' : fixed(value, 3));
const milliseconds = (value: Value) => {
  if (value == null) return '–';
  const shown = counted(Math.round(value));
  return t`${shown} ms`;
};

/** Table rows for the version in use and the shadow, over all images and over blind ones. */
export function rowsOf(figures: Figures): [string, string, string, string, string][] {
  const { all, blind } = figures;
  const four = (
    name: string,
    key: 'dice' | 'iou' | 'missed' | 'outlined',
    format: (value: Value) => string,
  ): [string, string, string, string, string] => [
    name,
    format(all[key][0]),
    format(all[key][1]),
    format(blind[key][0]),
    format(blind[key][1]),
  ];
  const lesion = counted(all.lesion);
  const free = counted(all.lesion_free);
  const blindLesion = counted(blind.lesion);
  const blindFree = counted(blind.lesion_free);
  return [
    [t`Images with a lesion`, lesion, lesion, blindLesion, blindLesion],
    four(t`Dice, mean per image`, 'dice', dice),
    four(t`IoU, mean per image`, 'iou', dice),
    four(t`Lesions missed`, 'missed', share),
    [t`Images without a lesion`, free, free, blindFree, blindFree],
    four(t`False outlines`, 'outlined', share),
    [t`Unlike the training images`, share(figures.flagged[0]), share(figures.flagged[1]), '', ''],
    [
      t`Time for an image, median`,
      milliseconds(figures.milliseconds[0]),
      milliseconds(figures.milliseconds[1]),
      '',
      '',
    ],
  ];
}
