import { t } from '@lingui/core/macro';
import type { SettingValue } from '../../api/siteSettings';
import { LANGUAGES } from '../../language/language';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const HOUR = 3600;
const DAY = 24 * HOUR;

interface Common {
  key: string;
  label: string;
  hint?: string;
}

export type Field =
  | (Common & { kind: 'text'; most: number })
  | (Common & { kind: 'hosts' })
  | (Common & { kind: 'switch' })
  | (Common & { kind: 'choice'; choices: { value: string; label: string }[] })
  | (Common & {
      kind: 'number';
      unit: string;
      /** Server units per displayed unit. */
      factor: number;
      least: number;
      most: number;
      decimals?: number;
    });

export interface Section {
  title: string;
  fields: Field[];
}

export const SECTIONS: Section[] = [
  {
    title: t`This site`,
    fields: [
      {
        key: 'site_name',
        kind: 'text',
        most: 80,
        label: t`Name of the site`,
        hint: t`Shown on the sign-in page and at the foot of every page`,
      },
      {
        key: 'sign_in_notice',
        kind: 'text',
        most: 500,
        label: t`Hint on the sign-in page`,
        hint: t`For example, whom to ask for an account`,
      },
      {
        key: 'default_language',
        kind: 'choice',
        label: t`Default language`,
        hint: t`For people who have not chosen one`,
        choices: [
          { value: 'browser', label: t`Same as the browser` },
          ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label })),
        ],
      },
    ],
  },
  {
    title: t`Signing in and privacy`,
    fields: [
      {
        key: 'session_hours',
        kind: 'number',
        unit: t`hours`,
        factor: 1,
        least: 0.1,
        most: 24 * 365,
        decimals: 1,
        label: t`Stay signed in for`,
        hint: t`Takes effect at the next sign-in`,
      },
      {
        key: 'sign_in_attempts',
        kind: 'number',
        unit: t`attempts`,
        factor: 1,
        least: 1,
        most: 100,
        label: t`Wrong passwords allowed before a wait`,
      },
      {
        key: 'record_views',
        kind: 'switch',
        label: t`Record who looks at which image`,
        hint: t`One entry per person, image and hour in the audit log. Tell the people who work here`,
      },
      {
        key: 'retain_patient_characteristics',
        kind: 'switch',
        label: t`Keep sex, age, size and weight of patients`,
        hint: t`For DICOM files received from now on; smoking and pregnancy too. They are shown beside the image and written into DICOM objects`,
      },
      {
        key: 'retain_shifted_dates',
        kind: 'switch',
        label: t`Keep dates of examinations, shifted`,
        hint: t`For DICOM files received from now on. All dates of a patient are moved back by the same secret number of days`,
      },
    ],
  },
  {
    title: t`Limits`,
    fields: [
      {
        key: 'max_upload_bytes',
        kind: 'number',
        unit: 'MiB',
        factor: MIB,
        least: 1,
        most: 4096,
        label: t`Largest file`,
      },
      {
        key: 'max_import_bytes',
        kind: 'number',
        unit: 'GiB',
        factor: GIB,
        least: 0.1,
        most: 1_000_000,
        decimals: 1,
        label: t`Largest archive of labels`,
      },
      {
        key: 'queued_jobs_per_person',
        kind: 'number',
        unit: t`jobs`,
        factor: 1,
        least: 1,
        most: 10_000_000,
        label: t`Waiting jobs per person`,
      },
      {
        key: 'queued_bytes_per_person',
        kind: 'number',
        unit: 'GiB',
        factor: GIB,
        least: 0.1,
        most: 1_000_000,
        decimals: 1,
        label: t`Waiting uploads per person`,
      },
      {
        key: 'images_per_person',
        kind: 'number',
        unit: t`images`,
        factor: 1,
        least: 0,
        most: 1_000_000_000,
        label: t`Stored images per person`,
        hint: t`0: no limit`,
      },
      {
        key: 'stored_bytes_per_person',
        kind: 'number',
        unit: 'GiB',
        factor: GIB,
        least: 0,
        most: 1_000_000,
        decimals: 1,
        label: t`Storage per person`,
        hint: t`0: no limit`,
      },
      {
        key: 'stored_bytes',
        kind: 'number',
        unit: 'GiB',
        factor: GIB,
        least: 0,
        most: 1_000_000,
        decimals: 1,
        label: t`Storage of the whole site`,
        hint: t`0: no limit`,
      },
      {
        key: 'token_requests_per_minute',
        kind: 'number',
        unit: t`a minute`,
        factor: 1,
        least: 1,
        most: 1_000_000,
        label: t`Requests per API token`,
      },
    ],
  },
  {
    title: t`How long things are kept`,
    fields: [
      {
        key: 'deleted_images_days',
        kind: 'number',
        unit: t`days`,
        factor: 1,
        least: 0,
        most: 3650,
        decimals: 1,
        label: t`Deleted images`,
        hint: t`Until then they can be brought back`,
      },
      {
        key: 'failed_upload_seconds',
        kind: 'number',
        unit: t`hours`,
        factor: HOUR,
        least: 0,
        most: 8760,
        decimals: 1,
        label: t`Uploads that failed through no fault of the file`,
        hint: t`Until then they can be tried again`,
      },
      {
        key: 'import_seconds',
        kind: 'number',
        unit: t`days`,
        factor: DAY,
        least: 0.1,
        most: 3650,
        decimals: 1,
        label: t`Imports, with the file names in their reports`,
      },
    ],
  },
  {
    title: t`Reading, exports and other systems`,
    fields: [
      {
        key: 'double_reading_share',
        kind: 'number',
        unit: '%',
        factor: 0.01,
        least: 0,
        most: 100,
        label: t`Read twice, blind`,
        hint: t`Share of new images, unless the project sets its own`,
      },
      {
        key: 'allow_self_approval',
        kind: 'switch',
        label: t`Reviewers approve their own work`,
        hint: t`Unless the project sets its own`,
      },
      {
        key: 'export_licence',
        kind: 'text',
        most: 500,
        label: t`Licence of exports`,
        hint: t`Written into the manifest`,
      },
      {
        key: 'export_suspected_text',
        kind: 'choice',
        label: t`Exports of images that may show text`,
        choices: [
          { value: 'ask', label: t`An admin may include them` },
          { value: 'refuse', label: t`Never` },
        ],
      },
      {
        key: 'webhook_hosts',
        kind: 'hosts',
        label: t`Hosts that may be notified of events`,
        hint: t`Names separated by commas, such as his.example.org`,
      },
    ],
  },
];

/** The value of an input: a field's text, a number in the displayed unit, a switch. */
export type Shown = string | number | boolean;

export function shownOf(field: Field, value: SettingValue): Shown {
  if (field.kind === 'number') {
    const places = 10 ** Math.max(field.decimals ?? 0, 2);
    return Math.round((Number(value) / field.factor) * places) / places;
  }
  if (field.kind === 'hosts') return (value as string[]).join(', ');
  return value as string | boolean;
}

/** The value for the server; null if the input is invalid. */
export function settingOf(field: Field, shown: Shown): SettingValue | null {
  if (field.kind === 'number') {
    if (typeof shown !== 'number' || shown < field.least || shown > field.most) return null;
    if (field.factor === 1) return shown;
    const value = shown * field.factor;
    return field.factor < 1 ? Math.round(value * 1e6) / 1e6 : Math.round(value);
  }
  if (field.kind === 'hosts') {
    return String(shown)
      .split(/[\s,]+/)
      .filter(Boolean);
  }
  return typeof shown === 'string' ? shown.trim() : shown;
}
