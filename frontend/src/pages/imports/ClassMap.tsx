import { Button, NativeSelect } from '@mantine/core';
import type { Import } from '../../api/workflowTypes';
import { projectOf, useUser } from '../../app/session';
import { useLabelSet } from '../image/classes/labelSetQuery';
import classes from './ClassMap.module.css';
import { type Mapping, outcomeOf } from './mapping';

interface Props {
  item: Import;
  /** Where found classes go, as far as that is known. */
  mapping: Mapping;
  onMapping: (mapping: Mapping) => void;
}

/** Where the classes go that an archive names, with what that makes of its lesions. */
export function ClassMap({ item, mapping, onMapping }: Props) {
  const set = useLabelSet(projectOf(useUser())?.id ?? null);
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
    <section className={classes.root} aria-label="Classes">
      <h4 className={classes.title}>Classes in the archive</h4>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Found</th>
            <th scope="col">Lesions</th>
            <th scope="col">Images</th>
            <th scope="col">Goes to</th>
          </tr>
        </thead>
        <tbody>
          {found.map(([name, { lesions, images }]) => (
            <tr key={name} data-open={!mapping[name]}>
              <th scope="row">{name || <i>no class said</i>}</th>
              <td>{lesions.toLocaleString('en')}</td>
              <td>{images.toLocaleString('en')}</td>
              <td>
                <NativeSelect
                  size="xs"
                  aria-label={`Where ${name || 'lesions without a class'} go`}
                  value={mapping[name] ?? ''}
                  data={[
                    { value: '', label: 'Choose …' },
                    ...open.map(({ id, name: own }) => ({
                      value: id,
                      label: own.toLowerCase() === name.toLowerCase() ? `${own} (same name)` : own,
                    })),
                    { value: 'leave-out', label: 'Leave these lesions out' },
                    { value: 'refuse', label: 'Refuse images that have it' },
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
          All of them are “{only.name}”
        </Button>
      ) : null}
      <p className={classes.preview} role="status">
        {unknown.length > 0
          ? `${unknown.length === 1 ? 'One class has' : `${unknown.length} classes have`} no place yet. Nothing is guessed; a class that is missing can be added to the label set.`
          : `Then: ${lines.join(', ')}.`}
      </p>
    </section>
  );
}
