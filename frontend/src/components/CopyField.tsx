import { t } from '@lingui/core/macro';
import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './CopyField.module.css';
import { useCopy } from './useCopy';

/** A value that is shown once, to be copied. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const { copied, copy } = useCopy();
  return (
    <div className={classes.root}>
      <div className={classes.head}>
        <span className={classes.label}>{label}</span>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={t`Copy ${label}`}
          leftSection={copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          onClick={() => copy(value)}
        >
          {copied ? t`Copied` : t`Copy`}
        </Button>
      </div>
      <pre className={classes.value}>{value}</pre>
      <span role="status" className={classes.announcement}>
        {copied ? t`Copied` : ''}
      </span>
    </div>
  );
}
