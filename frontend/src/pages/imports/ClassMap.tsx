import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, NativeSelect } from '@mantine/core';
import type { Import } from '../../api/workflowTypes';
import { useLabelSetInOwnWords } from '../../app/labelSetQuery';
import { projectOf, useUser } from '../../app/session';
import { comma, currentLanguage } from '../../language/language';
import classes from './ClassMap.module.css';
import { type Mapping, outcomeOf } from './mapping';

interface Props {
  item: Import;
  /** The target of each found class, if known. */
  mapping: Mapping;
  onMapping: (mapping: Mapping) => void;
}

/** The targets of the classes named in an archive, and what becomes of its lesions. */
export function ClassMap({ item, mapping, onMapping }: Props) {
  const set = useLabelSetInOwnWords(projectOf(useUser())?.id ?? null);
  const found = Object.entries(item.checked?.classes ?? {}).sort(
    ([, a], [, b]) => b.lesions - a.lesions,
  );
  const open = (set?.classes ?? []).filter(({ archived }) => !archived);
  const said = found.some(([name]) => name !== '');
  if (!set || found.length === 0 || (!said && item.unmapped.length === 0)) return null;
  const unknown = found.filter(([name]) => !mapping[name]);
  const only = open.length === 1 ? open[0] : undefined;
  const lines = outcomeOf(found, mapping, open);
  return (
    <section className={classes.root} aria-label={t`Classes`}>
      <h4 className={classes.title}>
        <Trans>Classes in the archive</Trans>
      </h4>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Found</Trans>
            </th>
            <th scope="col">
              <Trans>Lesions</Trans>
            </th>
            <th scope="col">
              <Trans>Images</Trans>
            </th>
            <th scope="col">
              <Trans>Goes to</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {found.map(([name, { lesions, images }]) => (
            <tr key={name} data-open={!mapping[name]}>
              <th scope="row">
                {name || (
                  <i>
                    <Trans>no class given</Trans>
                  </i>
                )}
              </th>
              <td>{lesions.toLocaleString(currentLanguage())}</td>
              <td>{images.toLocaleString(currentLanguage())}</td>
              <td>
                <NativeSelect
                  size="xs"
                  aria-label={t`Where ${name || t`lesions without a class`} go`}
                  value={mapping[name] ?? ''}
                  data={[
                    { value: '', label: t`Choose…` },
                    ...open.map(({ id, name: own }) => ({
                      value: id,
                      label: own.toLowerCase() === name.toLowerCase() ? t`${own} (same name)` : own,
                    })),
                    { value: 'leave-out', label: t`Leave these lesions out` },
                    { value: 'refuse', label: t`Refuse images that have it` },
                  ]}
                  onChange={(event) => onMapping({ ...mapping, [name]: event.currentTarget.value })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {only && unknown.length > 1 ? (
        <Button
          variant="default"
          size="compact-sm"
          onClick={() =>
            onMapping({
              ...mapping,
              ...Object.fromEntries(unknown.map(([name]) => [name, only.id])),
            })
          }
        >
          <Trans>All of them are “{only.name}”</Trans>
        </Button>
      ) : null}
      <p className={classes.preview} role="status">
        {unknown.length > 0
          ? t`${plural(unknown.length, { one: 'One class has', other: '# classes have' })} no match yet. Nothing is guessed; a missing class can be added to the label set.`
          : t`Then: ${lines.join(comma())}.`}
      </p>
    </section>
  );
}
