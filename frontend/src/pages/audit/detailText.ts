import { t } from '@lingui/core/macro';
import { answerText, sizeText } from '../../app/poolText';
import { ROLE_TEXT } from '../../app/roleText';
import { momentText } from '../../components/Moment';
import { comma, currentLanguage, LANGUAGES, listed } from '../../language/language';
import { EVENTS } from '../connections/events';
import { KINDS, kindText } from '../project/retentionText';
import { SECTIONS, shownOf } from '../site/settingFields';

/** Names of people, groups, projects and label sets by their ids. */
export type Names = ReadonlyMap<string, string>;

/** Labels for the detail fields of an entry. */
export const FIELDS: Readonly<Record<string, string>> = {
  action: t`Action`,
  active: t`Active`,
  address: t`Address`,
  ae_title: t`AE title`,
  answer: t`Answer`,
  area: t`Area`,
  areas: t`Areas`,
  begins_at: t`Begins`,
  black_out: t`Black out`,
  blacked_out: t`Blacked out`,
  blind_to_model: t`Readers do not see the model’s outline`,
  bytes: t`Size`,
  case_rule: t`Rule for case labels`,
  classes: t`Classes`,
  commits: t`Confirms storage commitment`,
  confirmed_by: t`Confirmed by`,
  days: t`Days`,
  destination: t`Destination`,
  digest: t`Checksum`,
  double_reading_share: t`Read twice, blind`,
  email_changed: t`Email changed`,
  evaluation: t`Evaluation`,
  events: t`Events`,
  everywhere: t`For the whole site`,
  exports_expired: t`Exports expired`,
  fields: t`Changed`,
  format: t`Format`,
  frames: t`Frames`,
  group: t`Group`,
  image: t`Image`,
  image_id: t`Image`,
  images: t`Images`,
  keep_pool: t`Keep what is in the pool`,
  label_set: t`Label set`,
  look: t`Evaluations so far`,
  marked: t`Images with suspected text`,
  method: t`Method`,
  mm_per_px: t`mm per pixel`,
  model: t`Model`,
  name: t`Name`,
  new_images: t`New images`,
  new_revisions: t`New revisions`,
  objects: t`DICOM objects`,
  on_approval: t`Sent on approval`,
  parent: t`Trained further from`,
  paused: t`Paused`,
  people: t`People`,
  pixels: t`Pixels`,
  printed_scale: t`Printed scale`,
  project: t`Project`,
  projects: t`Projects`,
  public_key: t`Public key`,
  purpose: t`Purpose`,
  reader: t`Reader`,
  readers: t`Readers`,
  readings: t`Readings`,
  redaction: t`Redaction`,
  regions: t`Regions`,
  resealed: t`Sealed again`,
  revision: t`Revision`,
  revisions: t`Revisions`,
  role: t`Role`,
  rule: t`Rule`,
  scopes: t`Scope`,
  searched: t`Images searched`,
  self_approval: t`Reviewers approve their own work`,
  serving: t`Model in use`,
  signed_by: t`Signed by`,
  snapshot: t`State of the pool`,
  standing: t`State`,
  store: t`Stored`,
  stored_as: t`Stored as`,
  suspected_text_included: t`With suspected text`,
  text_unknown: t`Not searched for text`,
  tokens_revoked: t`Tokens revoked`,
  user: t`Person`,
  verdict: t`Decision`,
  version: t`Version`,
};

const SETTINGS = new Map(
  SECTIONS.flatMap(({ fields }) => fields).map((field) => [field.key, field]),
);

/** Codes with the same label in every field. */
const CODES: Readonly<Record<string, string>> = {
  ...ROLE_TEXT,
  ...Object.fromEntries(KINDS.map((kind) => [kind, kindText(kind)])),
  approved: t`approved`,
  returned: t`returned`,
  usable: t`usable`,
  broken: t`failed`,
  rejected: t`rejected`,
  submitted: t`submitted`,
  archive: t`archive`,
  delete: t`delete`,
  staple: t`weighted by reader`,
  majority: t`majority`,
  invitation: t`invitation`,
  reset: t`new password`,
  'first-admin': t`first administrator`,
};

/** Purposes for which a sealed reference to a patient was opened. */
const PURPOSES: Readonly<Record<string, string>> = {
  answer: t`answer as DICOM`,
  sending: t`sending`,
};

/** Fields in which a code has a different label than elsewhere. */
const BY_FIELD: Readonly<Record<string, (code: string) => string | undefined>> = {
  answer: answerText,
  events: (code) => EVENTS.find(({ value }) => value === code)?.label,
  rule: (code) => KINDS.filter((kind) => kind === code).map(kindText)[0],
  purpose: (code) => PURPOSES[code],
  scopes: (code) => code,
};

const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const CHECKSUM = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;
/** The name for an id, or else the end of the id, which is the part that differs. */
export const idText = (id: string, names: Names): string =>
  names.get(id) ?? (ID.test(id) ? `…${id.slice(-8)}` : id);

const SHARES = new Set(['double_reading_share']);

function settingText(key: string, value: unknown): string | null {
  const field = SETTINGS.get(key);
  if (!field || value === null || value === undefined) return null;
  if (field.kind === 'number' && typeof value === 'number') {
    const shown = Number(shownOf(field, value)).toLocaleString(currentLanguage());
    return `${shown} ${field.unit}`;
  }
  if (field.kind === 'choice') {
    return field.choices.find((choice) => choice.value === value)?.label ?? null;
  }
  return null;
}

function wordText(field: string, value: string, names: Names): string {
  if (ID.test(value)) return idText(value, names);
  if (CHECKSUM.test(value)) return `${value.slice(0, 12)}…`;
  if (TIME.test(value)) return momentText(value);
  return BY_FIELD[field]?.(value) ?? CODES[value] ?? LANGUAGES[value as 'en'] ?? value;
}

function valueText(field: string, value: unknown, names: Names): string {
  const setting = settingText(field, value);
  if (setting !== null) return setting;
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? t`yes` : t`no`;
  if (typeof value === 'number') {
    if (field === 'bytes') return sizeText(value);
    const style = SHARES.has(field) ? 'percent' : 'decimal';
    return value.toLocaleString(currentLanguage(), { style, maximumFractionDigits: 4 });
  }
  if (Array.isArray(value)) {
    return value.length === 0
      ? '–'
      : listed(
          value.map((one) =>
            field === 'fields' ? fieldText(String(one)) : valueText(field, one, names),
          ),
        );
  }
  if (typeof value === 'object') return parts(value as Detail, names).join(comma());
  return wordText(field, String(value), names);
}

type Detail = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Detail =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldText = (field: string): string =>
  FIELDS[field] ?? SETTINGS.get(field)?.label ?? CODES[field] ?? field.replaceAll('_', ' ');

function named(field: string, text: string): string {
  const label = fieldText(field);
  return t`${label}: ${text}`;
}

/** Changes, e.g. "Role: Annotator → Reviewer". */
function changes(before: unknown, after: unknown, names: Names): string[] {
  if (!isTree(before) && !isTree(after)) {
    return [`${valueText('role', before, names)} → ${valueText('role', after, names)}`];
  }
  const old: Detail = isTree(before) ? before : {};
  const fresh: Detail = isTree(after) ? after : {};
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])].map((field) => {
    const [from, to] = [old, fresh].map((side) => valueText(field, side[field], names));
    return named(field, isTree(before) ? `${from} → ${to}` : String(to));
  });
}

/** Empty values are omitted from an entry, but shown as one side of a change. */
const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

function parts(detail: Detail, names: Names): string[] {
  const { before, after, fields, ...rest } = detail;
  const told = Object.entries(rest)
    .filter(([, value]) => !isEmpty(value))
    .map(([field, value]) => named(field, valueText(field, value, names)));
  if ('before' in detail || 'after' in detail) told.push(...changes(before, after, names));
  // Free text is mentioned, but its content is not shown.
  const known = isTree(after) ? after : {};
  const silent = Array.isArray(fields) ? fields.filter((field) => !(String(field) in known)) : [];
  if (silent.length > 0) told.push(named('fields', valueText('fields', silent, names)));
  return told;
}

/** The details of an audit log entry besides its action, worded for readers. */
export const detailText = (detail: Detail, names: Names): string =>
  parts(detail, names).join(' · ');
