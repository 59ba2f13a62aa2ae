import { t } from '@lingui/core/macro';
import { currentLanguage } from '../language/language';
import { sentenceOf } from './problem';
import type { Problem } from './types';

type Values = Readonly<Record<string, string>>;

/** Why another system did not accept a delivery, by the problem's code. */
const REASONS: Record<string, (values: Values) => string> = {
  'association-refused': () => t`The PACS refused the association; check the AE titles.`,
  'pacs-silent': () => t`The PACS does not answer; check its address.`,
  'class-not-taken': ({ name = '' }) => t`The PACS does not accept objects of this class: ${name}.`,
  'object-refused': ({ status = '' }) => t`The PACS refused an object, with status ${status}.`,
  'credentials-refused': () => t`The PACS refused the credentials; set them again.`,
  'pacs-answered': ({ status = '' }) => t`The PACS returned status ${status}.`,
  'certificate-not-trusted': () =>
    t`The certificate of the PACS is not trusted; check address and authority.`,
  'certificate-wanted': () =>
    t`The PACS closed the TLS connection: it requires a certificate that it trusts. An administrator sets one for this site.`,
  'tls-differs': () => t`The PACS does not speak TLS as this site does; check the address.`,
  'own-certificate-unusable': () =>
    t`The certificate of this site cannot be used; an administrator has to set it again.`,
  'address-answered': ({ status = '' }) => t`The address returned status ${status}.`,
  'address-silent': () => t`The address does not answer.`,
};

/** The problem of a result or message that was not accepted, and whether it is retried. */
export function deliveryText(problem: Partial<Problem> | null | undefined): string | null {
  if (!problem) return null;
  const { reason: code = '', values = {}, tries } = problem as Undelivered;
  const reason = REASONS[code]?.(values);
  if (!reason || currentLanguage() === 'en') return sentenceOf(problem as Problem);
  return tries
    ? t`${reason} It was tried ${tries} times; fix the problem and send it again.`
    : t`${reason} It will be retried later.`;
}

/** The details of a `not-delivered` problem. */
interface Undelivered {
  reason?: string;
  values?: Values;
  /** Set if it was given up, after this many tries. */
  tries?: number;
}
