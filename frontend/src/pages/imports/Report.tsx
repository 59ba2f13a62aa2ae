import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { problemText } from '../../api/problemText';
import type { ImportReport } from '../../api/workflowTypes';
import { currentLanguage } from '../../language/language';
import { FORMATS } from '../exports/formats';
import classes from './Report.module.css';

/** Layouts that can be read but not written. */
const READ_ONLY: Record<string, string> = {
  cvat: t`CVAT for images`,
  'labelme-xml': 'LabelMe 3.0',
  'voc-xml': t`Pascal VOC (XML)`,
};

/** A layout has the name of the export that writes it. */
const layoutText = (layout: string): string =>
  FORMATS.find(({ format }) => format === layout)?.name ?? READ_ONLY[layout] ?? layout;

const number = (count: number): string => count.toLocaleString(currentLanguage());

/** The findings of a check, or the labels that were stored. */
export function Report({ report, done }: { report: ImportReport; done: boolean }) {
  const lines: [string, number, string?][] = [
    [done ? t`New images` : t`New images to store`, report.new_images],
    [done ? t`New labels of images here` : t`New labels for images here`, report.new_revisions],
    [t`Already here, identical`, report.unchanged],
    [t`Not changed: approved here with a different label`, report.kept_aside],
    [t`Unreadable files, skipped`, report.bad, 'bad'],
  ];
  const layout = layoutText(report.layout);
  const labels = number(report.labels);
  const lesions = number(report.lesions);
  const without = number(report.without_lesion);
  const unknown = number(report.without_subject);
  return (
    <div className={classes.root}>
      <p className={classes.lead}>
        {report.without_lesion > 0
          ? t`${layout}: ${labels} labelled images with ${lesions} lesions, ${without} without a lesion.`
          : t`${layout}: ${labels} labelled images with ${lesions} lesions.`}
      </p>
      <dl className={classes.lines}>
        {lines
          .filter(([, count], index) => count > 0 || index === 0)
          .map(([label, count, kind]) => (
            <div key={label} data-kind={kind}>
              <dt>{label}</dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
      </dl>
      {report.without_subject > 0 ? (
        <p className={classes.unknown}>
          <Trans>
            New images of unknown patients: {unknown}. Each counts as a patient of its own. Images
            of one patient may then train and test a model, which looks better than it is. A table
            samples.csv in the ZIP names patients, in the columns “name” and “subject”.
          </Trans>
        </p>
      ) : null}
      {report.findings.length > 0 ? (
        <details
          className={classes.findings}
          open={report.labels === 0 || report.findings.some((one) => one.code === 'bad-table')}
        >
          <summary>
            <Trans>
              {number(report.findings.length + report.more_findings)} files with remarks
            </Trans>
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be focusable
             by keyboard */}
          <section className={classes.scroll} aria-label={t`Files with remarks`} tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">
                    <Trans>File</Trans>
                  </th>
                  <th scope="col">
                    <Trans>Why</Trans>
                  </th>
                </tr>
              </thead>
              <tbody>
                {report.findings.map((finding) => (
                  <tr key={`${finding.name} ${finding.code} ${finding.reason}`}>
                    <th scope="row">{finding.name}</th>
                    <td>
                      {problemText({ code: finding.code, detail: finding.reason }) ??
                        finding.reason}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {report.more_findings > 0 ? (
              <p className={classes.more}>
                <Trans>and {number(report.more_findings)} more</Trans>
              </p>
            ) : null}
          </section>
        </details>
      ) : null}
    </div>
  );
}
