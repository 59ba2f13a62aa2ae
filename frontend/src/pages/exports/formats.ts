import type { ExportFormat } from '../../api/workflowTypes';

export interface FormatCard {
  format: ExportFormat;
  name: string;
  /** Who reads it, in one sentence. */
  readers: string;
}

export const FORMATS: readonly FormatCard[] = [
  {
    format: 'png',
    name: 'PNG masks',
    readers: 'Everything that opens pictures: each image beside its 1-bit mask.',
  },
  {
    format: 'coco',
    name: 'COCO',
    readers: 'pycocotools, Detectron2, MMDetection and FiftyOne.',
  },
  {
    format: 'labelme',
    name: 'labelme',
    readers: 'The labelme program, to look at the outlines or to go on drawing.',
  },
  {
    format: 'yolo-seg',
    name: 'YOLO segmentation',
    readers: 'Ultralytics YOLO, to train a network that segments instances.',
  },
  {
    format: 'voc',
    name: 'Pascal VOC',
    readers: 'torchvision, MMSegmentation and older segmentation code.',
  },
  {
    format: 'tfrecord',
    name: 'TFRecord',
    readers: 'TensorFlow and Keras: image, label and names in one record each.',
  },
  {
    format: 'nnunet',
    name: 'nnU-Net',
    readers: 'nnU-Net v2, ready to plan, preprocess and train on.',
  },
];

export const formatName = (format: ExportFormat): string =>
  FORMATS.find((card) => card.format === format)?.name ?? format;
