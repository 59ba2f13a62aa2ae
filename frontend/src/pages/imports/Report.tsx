import type { ImportReport } from '../../api/workflowTypes';
import { FORMATS } from '../exports/formats';
import classes from './Report.module.css';

/** Layouts that are read and not written. */
const READ_ONLY: Record<string, string> = {
  cvat: 'CVAT for images',
  'labelme-xml': 'LabelMe 3.0',
};

/** A layout is named as the export that writes it. */
const layoutText = (layout: string): string =>
  FORMATS.find(({ format }) => format === layout)?.name ?? READ_ONLY[layout] ?? layout;

const number = (count: number): string => count.toLocaleString('en');

/** What a check found, or what was stored. */
export function Report({ report, done }: { report: ImportReport; done: boolean }) {
  const lines: [string, number, string?][] = [
    [done ? 'New images' : 'New images to store', report.new_images],
    [done ? 'New labels of images here' : 'New labels for images here', report.new_revisions],
    ['Already here, identical', report.unchanged],
    ['Not changed: approved here with a different label', report.kept_aside],
    ['Unreadable files, skipped', report.bad, 'bad'],
  ];
  return (
    <div className={classes.root}>
      <p className={classes.lead}>
        {layoutText(report.layout)}: {number(report.labels)} labelled images with{' '}
        {number(report.lesions)} lesions
        {report.without_lesion > 0 ? `, ${number(report.without_lesion)} without a lesion` : ''}.
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
      {report.findings.length > 0 ? (
        <details className={classes.findings} open={report.labels === 0}>
          <summary>
            {number(report.findings.length + report.more_findings)} files with remarks
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must take the keyboard */}
          <section className={classes.scroll} aria-label="Files with remarks" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">Why</th>
                </tr>
              </thead>
              <tbody>
                {report.findings.map((finding) => (
                  <tr key={`${finding.name} ${finding.code} ${finding.reason}`}>
                    <th scope="row">{finding.name}</th>
                    <td>{finding.reason}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {report.more_findings > 0 ? (
              <p className={classes.more}>and {number(report.more_findings)} more</p>
            ) : null}
          </section>
        </details>
      ) : null}
    </div>
  );
}
