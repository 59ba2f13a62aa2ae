import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchModelClasses, placeModelClass } from '../../api/models';
import type { Model } from '../../api/types';
import { useLabelSetInOwnWords } from '../../app/labelSetQuery';
import { isAdmin, projectOf, useUser } from '../../app/session';
import { FormError } from '../../components/FormError';
import classes from './ModelsPage.module.css';

/** The mapping of the model's classes to classes of the project. */
export function ModelClasses({ model }: { model: Model }) {
  const user = useUser();
  const client = useQueryClient();
  const set = useLabelSetInOwnWords(projectOf(user)?.id ?? null);
  const queryKey = ['models', model.name, model.version, 'classes'];
  const places = useQuery({
    queryKey,
    queryFn: ({ signal }) => fetchModelClasses(model, signal),
  }).data;
  const place = useMutation({
    mutationFn: ({ name, target }: { name: string; target: string }) =>
      placeModelClass(model, name, target),
    onSuccess: (items) => client.setQueryData(queryKey, items),
  });
  if (!set || !places) return null;
  const open = set.classes.filter(({ archived }) => !archived);
  const admin = isAdmin(user);
  const missing = places.filter(({ target }) => target === null);
  const nameOf = (target: string | null) =>
    target === 'leave-out' ? t`left out` : open.find(({ id }) => id === target)?.name;
  const title = `${model.name} ${model.version}`;
  const labelSet = set.name;
  return (
    <section aria-label={t`Classes of ${title}`} className={classes.classes}>
      <h3 className={classes.part}>
        <Trans>Classes, and where they go in “{labelSet}”</Trans>
      </h3>
      <dl className={classes.facts}>
        {places.map(({ name, target }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {admin ? (
                <NativeSelect
                  size="xs"
                  aria-label={t`Where ${name} goes`}
                  value={target ?? ''}
                  disabled={place.isPending}
                  data={[
                    ...(target === null ? [{ value: '', label: t`Choose…` }] : []),
                    ...open.map(({ id, name: label }) => ({ value: id, label })),
                    { value: 'leave-out', label: t`Leave out lesions of this class` },
                  ]}
                  onChange={(event) => place.mutate({ name, target: event.currentTarget.value })}
                />
              ) : (
                (nameOf(target) ?? t`no match yet`)
              )}
            </dd>
          </div>
        ))}
      </dl>
      {missing.length > 0 ? (
        <p className={classes.reason} role="status">
          <Plural
            value={missing.length}
            one="One class has no match yet; the model cannot be used here until it has one."
            other="# classes have no match yet; the model cannot be used here until they have one."
          />
        </p>
      ) : null}
      <FormError error={place.error} />
    </section>
  );
}
