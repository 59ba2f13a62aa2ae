import { plural, t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Radio } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ExportPreview, SuspectedTextRule } from '../../api/workflowTypes';
import { currentLanguage } from '../../language/language';
import classes from './SuspectedTextChoice.module.css';

interface Props {
  preview: ExportPreview;
  value: SuspectedTextRule;
  onChange: (value: SuspectedTextRule) => void;
}

/** The choice of what to do with images that may show text; asked only if there are any. */
export function SuspectedTextChoice({ preview, value, onChange }: Props) {
  const { counts, may_include_suspected_text: mayInclude } = preview;
  const count = (counts.suspected_text ?? 0) + (counts.suspected_text_included ?? 0);
  const unknown = counts.text_unknown ?? 0;
  if (count === 0 && unknown === 0) return null;
  return (
    <div className={classes.root}>
      {count > 0 || unknown > 0 ? (
        <Radio.Group
          label={
            count > 0
              ? t`${plural(count, { one: '# image looks as if it contains text', other: '# images look as if they contain text' })}`
              : t`Images that may show text`
          }
          description={
            count > 0 ? (
              <Trans>
                Nobody has checked it.{' '}
                <Link to="/ui/worklist" search={{ text: 'suspected' }}>
                  Look at them
                </Link>
              </Trans>
            ) : null
          }
          value={value}
          onChange={(chosen) => onChange(chosen as SuspectedTextRule)}
        >
          <Radio mt="xs" size="xs" value="leave-out" label={t`Leave them out`} />
          <Radio
            mt={6}
            size="xs"
            value="include"
            disabled={!mayInclude}
            label={t`Include them; I take responsibility for what they show`}
            description={
              mayInclude
                ? t`The audit log records it as your decision, the manifest that it was made.`
                : t`This site does not allow it.`
            }
          />
        </Radio.Group>
      ) : null}
      {unknown > 0 ? (
        <p className={classes.note}>
          <Trans>
            {unknown.toLocaleString(currentLanguage())}{' '}
            <Plural value={unknown} one="image has" other="images have" /> not been searched for
            text. The export waits until they have been, unless you include them.{' '}
            <Link to="/ui/worklist" search={{ text: 'unknown' }}>
              Look at them
            </Link>
          </Trans>
        </p>
      ) : null}
    </div>
  );
}
