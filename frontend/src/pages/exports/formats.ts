import { t } from '@lingui/core/macro';
import type { ExportFormat } from '../../api/workflowTypes';

export interface FormatCard {
  format: ExportFormat;
  name: string;
  /** The programs that read it, in one sentence. */
  readers: string;
}

export const FORMATS: readonly FormatCard[] = [
  {
    format: 'png',
    name: t`PNG masks`,
    readers: t`For any program that opens pictures: each image beside its 1-bit mask.`,
  },
  {
    format: 'coco',
    name: 'COCO',
    readers: t`pycocotools, Detectron2, MMDetection and FiftyOne.`,
  },
  {
    format: 'labelme',
    name: 'labelme',
    readers: t`The labelme program, to look at the outlines or to go on drawing.`,
  },
  {
    format: 'yolo-seg',
    name: t`YOLO segmentation`,
    readers: t`Ultralytics YOLO, to train a network that segments instances.`,
  },
  {
    format: 'voc',
    name: t`Pascal VOC`,
    readers: t`torchvision, MMSegmentation and older segmentation code.`,
  },
  {
    format: 'tfrecord',
    name: 'TFRecord',
    readers: t`TensorFlow and Keras: image, label and names in one record each.`,
  },
  {
    format: 'nnunet',
    name: 'nnU-Net',
    readers: t`nnU-Net v2, ready to plan, preprocess and train on.`,
  },
];

export const formatName = (format: ExportFormat): string =>
  FORMATS.find((card) => card.format === format)?.name ?? format;
