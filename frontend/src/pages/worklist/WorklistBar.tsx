import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, CloseButton, Select, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import {
  IconFilter,
  IconFilterOff,
  IconLayoutGrid,
  IconList,
  IconSearch,
  IconUpload,
  IconUsersGroup,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, type RefObject, useEffect, useState, useSyncExternalStore } from 'react';
import { isReviewer, useUser } from '../../app/session';
import { STATE_TEXT } from '../../components/StateMark';
import { Tooltip } from '../../components/Tooltip';
import { modelsQuery } from '../models/modelsQuery';
import { ColumnsMenu } from './ColumnsMenu';
import { useColumns } from './columns';
import {
  hasFilters,
  type LesionFilter,
  type Sort,
  STATES,
  type TextFilter,
  type WorklistSearch,
  withoutFilters,
  withPart,
} from './search';
import { ViewsMenu } from './ViewsMenu';
import classes from './WorklistBar.module.css';
import type { Density } from './WorklistPage';
import { wantedText } from './wantedText';

interface Props {
  search: WorklistSearch;
  onChange: (search: WorklistSearch) => void;
  tabs: ReactNode;
  total: { total: number; totalText: string } | null;
  byUncertainty: boolean;
  density: Density;
  onDensity: (density: Density) => void;
  onUpload: () => void;
  /** Images are selected: the actions on them come first. */
  selecting: boolean;
  /** Null if there is nothing to distribute. */
  onDistribute: (() => void) | null;
  searchField: RefObject<HTMLInputElement | null>;
}

const BY_UNCERTAINTY: { value: Sort; label: string } = {
  value: 'priority',
  label: t`Most uncertain first`,
};

const ORDERS: { value: Sort; label: string }[] = [
  { value: 'due', label: t`Due first` },
  { value: 'newest', label: t`Newest first` },
  { value: 'oldest', label: t`Oldest first` },
];

export function WorklistBar(props: Props) {
  const { search, onChange, total, density, onDensity, onUpload, onDistribute, searchField } =
    props;
  const user = useUser();
  const models = useQuery(modelsQuery);
  const columns = useColumns();
  const wanted = useSyncExternalStore(wantedText.subscribe, wantedText.get).text;
  const [text, setText] = useState(wanted);

  // It can also be cleared elsewhere.
  useEffect(() => setText(wanted), [wanted]);

  const sendText = useDebouncedCallback((value: string) => {
    wantedText.set({ text: value.trim() });
  }, 250);

  const changeText = (value: string) => {
    setText(value);
    sendText(value);
  };

  const first: Sort = props.byUncertainty ? 'priority' : 'oldest';
  const versions = models.data ?? [];
  const [opened, setOpened] = useState(false);

  return (
    <header className={classes.root}>
      <div className={classes.top}>
        <h1 className={classes.title}>
          <Trans>Worklist</Trans>
          {total === null ? null : (
            <span className={classes.count}>
              {total.totalText} {plural(total.total, { one: 'image', other: 'images' })}
            </span>
          )}
        </h1>
        <div className={classes.actions}>
          {density === 'table' ? <ColumnsMenu shown={columns} /> : null}
          <fieldset className={classes.density} aria-label={t`Layout`}>
            <DensityButton
              label={t`Grid`}
              active={density === 'grid'}
              onClick={() => onDensity('grid')}
            >
              <IconLayoutGrid size={17} stroke={1.7} />
            </DensityButton>
            <DensityButton
              label={t`Table`}
              active={density === 'table'}
              onClick={() => onDensity('table')}
            >
              <IconList size={17} stroke={1.7} />
            </DensityButton>
          </fieldset>
          {onDistribute ? (
            <Button
              variant="default"
              leftSection={<IconUsersGroup size={16} stroke={1.8} />}
              onClick={onDistribute}
            >
              <Trans>Assign automatically</Trans>
            </Button>
          ) : null}
          <Button
            variant={props.selecting ? 'default' : 'filled'}
            leftSection={<IconUpload size={16} stroke={1.9} />}
            onClick={onUpload}
          >
            <Trans>Upload</Trans>
          </Button>
        </div>
      </div>
      {props.tabs}
      <search className={classes.filters} data-opened={opened}>
        <TextInput
          ref={searchField}
          className={classes.search}
          aria-label={t`Search by name, case, subject code, image id, class or note`}
          placeholder={t`Name, case, code, class, note`}
          leftSection={<IconSearch size={15} stroke={1.8} />}
          rightSection={
            text ? (
              <CloseButton
                size="sm"
                aria-label={t`Clear the search`}
                onClick={() => changeText('')}
              />
            ) : (
              <kbd className={classes.slash}>/</kbd>
            )
          }
          value={text}
          onChange={(event) => changeText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        <Button
          className={classes.toFilters}
          variant="default"
          aria-expanded={opened}
          leftSection={<IconFilter size={16} stroke={1.7} />}
          onClick={() => setOpened(!opened)}
        >
          <Trans>Filters</Trans>
        </Button>
        <Select
          className={classes.filter}
          data-set={search.state !== undefined || undefined}
          aria-label={t`State`}
          placeholder={t`Any state`}
          clearable
          data={STATES.map((state) => ({ value: state, label: STATE_TEXT[state] }))}
          value={search.state ?? null}
          onChange={(value) =>
            onChange(withPart(search, 'state', (value ?? undefined) as WorklistSearch['state']))
          }
        />
        <Select
          className={classes.filter}
          data-set={search.lesions !== undefined || undefined}
          aria-label={t`Lesions`}
          placeholder={t`Any lesions`}
          clearable
          data={[
            { value: 'none', label: t`No lesion` },
            { value: 'one', label: t`One lesion` },
            { value: 'several', label: t`Several` },
          ]}
          value={search.lesions ?? null}
          onChange={(value) =>
            onChange(withPart(search, 'lesions', (value ?? undefined) as LesionFilter | undefined))
          }
        />
        <Select
          className={`${classes.filter} ${classes.rare}`}
          data-set={search.text !== undefined || undefined}
          aria-label={t`Text in the picture`}
          placeholder={t`Any text`}
          clearable
          data={[
            { value: 'suspected', label: t`Suspected` },
            { value: 'unknown', label: t`Not searched` },
          ]}
          value={search.text ?? null}
          onChange={(value) =>
            onChange(withPart(search, 'text', (value ?? undefined) as TextFilter | undefined))
          }
        />
        {versions.length > 1 ? (
          <Select
            className={`${classes.filter} ${classes.rare}`}
            data-set={search.model !== undefined || undefined}
            aria-label={t`Model`}
            placeholder={t`Any model`}
            clearable
            data={versions.map(({ name, version }) => ({
              value: `${name}@${version}`,
              label: `${name} ${version}`,
            }))}
            value={search.model ?? null}
            onChange={(value) => onChange(withPart(search, 'model', value ?? undefined))}
          />
        ) : null}
        {isReviewer(user) ? (
          <Select
            className={`${classes.filter} ${classes.rare}`}
            data-set={search.owner !== undefined || undefined}
            aria-label={t`Owner`}
            placeholder={t`Everyone’s`}
            clearable
            data={[{ value: 'me', label: t`My images` }]}
            value={search.owner ?? null}
            onChange={(value) => onChange(withPart(search, 'owner', value ? 'me' : undefined))}
          />
        ) : null}
        <ViewsMenu search={search} onChange={onChange} />
        {hasFilters(search) || wanted ? (
          <Tooltip label={t`Clear filters`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={t`Clear filters`}
              onClick={() => {
                setText('');
                wantedText.set({ text: '' });
                onChange(withoutFilters(search));
              }}
            >
              <IconFilterOff size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        <Select
          className={classes.sort}
          aria-label={t`Order`}
          allowDeselect={false}
          data={props.byUncertainty ? [BY_UNCERTAINTY, ...ORDERS] : ORDERS}
          value={search.sort ?? first}
          onChange={(value) =>
            onChange(
              withPart(
                search,
                'sort',
                value === first ? undefined : ((value ?? undefined) as WorklistSearch['sort']),
              ),
            )
          }
        />
      </search>
    </header>
  );
}

function DensityButton(props: {
  label: string;
  active: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={props.label}>
      <UnstyledButton
        className={classes.densityButton}
        aria-label={props.label}
        aria-pressed={props.active}
        onClick={props.onClick}
      >
        {props.children}
      </UnstyledButton>
    </Tooltip>
  );
}
