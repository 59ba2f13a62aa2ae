import { plural, t } from '@lingui/core/macro';
import { currentLanguage } from '../language/language';
import { sentences } from '../language/sentences';
import type { KeptThing, LiveLesion, LiveState } from './stream';

/** Why there is no picture, by the codes of worker/live/source.py. */
const WHY: Record<string, string> = {
  'not-found': t`There is nothing at this address. Check the address of the stream.`,
  unauthorized: t`The source asks for a name and a password.`,
  unreachable: t`The source does not answer. Check the cable, the address and the network.`,
  busy: t`Another program is using the capture device, or this account is not allowed to.`,
  unplugged: t`The capture device is no longer connected. Plug it in.`,
  'not-a-camera': t`This device records no picture. A capture card often has several; try the next one.`,
  'not-offered': t`The capture device does not offer this size or rate. Start again with other values, or without them.`,
  'not-a-video': t`The source sends something that Sonoloop does not recognise as video.`,
  unsupported: t`The video format is not supported. Choose H.264, HEVC or MJPEG.`,
  'no-pictures': t`The source sends no pictures, only sound or nothing.`,
  'too-large': t`The pictures are too large. Choose a smaller size on the source.`,
  damaged: t`The stream is damaged and cannot be decoded.`,
  silent: t`The source is connected but sends no pictures.`,
  'decoder-stopped': t`The stream stopped the decoder, so it is damaged or very unusual.`,
  model: t`The model cannot answer; the terminal says why.`,
};

/** Why something was not kept, by the codes of worker/live/keeping.py. */
const PROBLEMS: Record<string, string> = {
  'no-worklist': t`Nothing can be kept: the program was started without a token.`,
  'too-many': t`Too many items wait to be sent. Send them again, or wait.`,
  'bad-words': t`This text cannot be sent. Use fewer characters, and only plain ones.`,
};

export const whyText = (why: string | null): string => (why ? (WHY[why] ?? '') : '');
export const problemText = (code: string): string => PROBLEMS[code] ?? code;

export interface Notice {
  title: string;
  detail: string;
  /** Text of the restart button; null if the source resumes by itself. */
  restart: string | null;
}

/** The text shown instead of a running picture; null if all is well. */
export function noticeOf(state: LiveState): Notice | null {
  switch (state.link) {
    case 'wrong-token':
      return {
        title: t`This link is not valid`,
        detail: t`Open the link that the terminal shows.`,
        restart: null,
      };
    case 'too-many':
      return {
        title: t`Open in too many windows`,
        detail: t`Close the live picture in another window, and load this page again.`,
        restart: null,
      };
    case 'gone':
      return {
        title: t`The program does not answer`,
        detail: t`Start “sonoloop live” again and open its new link. This page keeps trying.`,
        restart: null,
      };
    default:
  }
  if (state.frozen) return null;
  switch (state.source) {
    case 'connecting':
      return {
        title: t`Connecting…`,
        detail: t`The first picture will appear in a moment.`,
        restart: null,
      };
    case 'lost': {
      const seconds = Math.ceil(state.againIn ?? 0);
      const again = plural(seconds, {
        one: 'It will be retried in # second.',
        other: 'It will be retried in # seconds.',
      });
      return {
        title: t`The picture is lost`,
        detail: sentences(whyText(state.why), again),
        restart: t`Try now`,
      };
    }
    case 'ended':
      return { title: t`The video has ended`, detail: '', restart: t`Play again` };
    case 'refused':
      return {
        title: t`There is no picture`,
        detail: whyText(state.why),
        restart: t`Try again`,
      };
    default:
      return null;
  }
}

const figure = (value: number, digits: number) =>
  value.toLocaleString(currentLanguage(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

/** Long × short axis, in mm if the scale is known. */
export function axesText(lesion: LiveLesion, mm: number | null): string {
  const [long, short] = [lesion.long_axis_px, lesion.short_axis_px];
  return mm
    ? t`${figure(long * mm, 1)} × ${figure(short * mm, 1)} mm`
    : t`${figure(long, 0)} × ${figure(short, 0)} px`;
}

export function areaText(lesion: LiveLesion, mm: number | null): string {
  if (!mm) return `${figure(lesion.area_px, 0)} px²`;
  const area = lesion.area_px * mm * mm;
  return `${figure(area, area < 10 ? 1 : 0)} mm²`;
}

/** The outcome of keeping a frame or a clip. */
export function keptText(kept: KeptThing): string {
  switch (kept.state) {
    case 'sending':
      return t`Sending…`;
    case 'failed': {
      const why = kept.why ?? '';
      return t`Not sent. ${why}`;
    }
    default:
      return kept.scale === false ? t`In the worklist, without the scale` : t`In the worklist`;
  }
}
