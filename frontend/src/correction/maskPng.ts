import { decodeRuns } from '../editor';
import type { Labels } from './wire';

/** The drawing as a PNG of the frame's size: white where any lesion is, black elsewhere. */
export async function maskPng(labels: Labels): Promise<Blob> {
  const { width, height } = labels;
  const { data } = decodeRuns(labels.runs, width, height);
  const pixels = new ImageData(width, height);
  data.forEach((label, index) => {
    pixels.data.fill(label === 0 ? 0 : 255, index * 4, index * 4 + 3);
    pixels.data[index * 4 + 3] = 255;
  });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw; enable canvas and reload.');
  context.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Downloads the mask as a file. */
export async function downloadMask(labels: Labels): Promise<void> {
  const address = URL.createObjectURL(await maskPng(labels));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'mask.png';
  link.click();
  // The browser has opened the address by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
