import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Model } from '../../api/types';
import { Panel } from '../../components/Panel';
import { factsOf, lineOf } from './facts';
import { HowWell } from './HowWell';
import { ModelClasses } from './ModelClasses';
import classes from './ModelsPage.module.css';

const STATE_TEXT: Record<Model['state'], string> = {
  candidate: 'Candidate',
  evaluated: 'Evaluated',
  serving: 'Serving',
  retired: 'Retired',
  rejected: 'Rejected',
  broken: 'Broken',
};

const STATE_COLOUR: Partial<Record<Model['state'], string>> = {
  serving: 'teal',
  broken: 'red',
};

export function ModelCardPanel({ model, actions }: { model: Model; actions?: ReactNode }) {
  const { card } = model;
  const details: [string, string][] = [
    ...factsOf(card.architecture),
    ...factsOf(card.input, 'Input'),
    ...factsOf(card.calibration, 'Calibration'),
    ...factsOf(card.training, 'Training'),
    ['SHA-256 of the graph', model.sha256],
    ['Digest of all files', model.digest ?? 'no files here'],
    ...(model.parent ? [['Trained from', model.parent] as [string, string]] : []),
  ];
  return (
    <Panel>
      <header className={classes.head}>
        <div>
          <h2 className={classes.title}>{model.title}</h2>
          <p className={classes.name}>
            {model.name} {model.version}
            {card.created ? `, ${card.created}` : ''}
          </p>
        </div>
        <div className={classes.badges}>
          <Badge variant="outline" color="var(--sl-warn)" tt="none" fw={500}>
            Research use only
          </Badge>
          <Badge
            variant="outline"
            color={STATE_COLOUR[model.state] ?? 'gray'}
            c="inherit"
            tt="none"
            fw={500}
          >
            {STATE_TEXT[model.state]}
          </Badge>
          {model.is_default ? (
            <Badge variant="outline" color="gray" c="inherit" tt="none" fw={500}>
              Site default
            </Badge>
          ) : null}
        </div>
      </header>
      {model.reason ? <p className={classes.reason}>{model.reason}</p> : null}
      {actions ? <div className={classes.actions}>{actions}</div> : null}
      {card.classes?.length ? <ModelClasses model={model} /> : null}
      {card.intended_use ? <p className={classes.use}>{card.intended_use}</p> : null}
      <HowWell metrics={card.metrics} />
      {card.limits?.length ? (
        <div className={classes.fails}>
          <h3 className={classes.part}>Where not to trust it</h3>
          <ul className={classes.limits}>
            {card.limits.map(lineOf).map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <details className={classes.more}>
        <summary>All figures, data, training and checksum</summary>
        <div className={classes.columns}>
          <Part title="Measured" rows={factsOf(card.metrics)} numbers />
          <Part title="Trained on" rows={factsOf(card.data)} />
          {card.licences?.length ? (
            <div>
              <h3 className={classes.part}>Licences</h3>
              <ul className={classes.limits}>
                {card.licences.map(lineOf).map((licence) => (
                  <li key={licence}>{licence}</li>
                ))}
              </ul>
            </div>
          ) : null}
        </div>
        <Facts rows={details} />
      </details>
    </Panel>
  );
}

function Part(props: { title: string; rows: [string, string][]; numbers?: boolean }) {
  const { title, rows, numbers = false } = props;
  if (rows.length === 0) return null;
  return (
    <div>
      <h3 className={classes.part}>{title}</h3>
      <Facts rows={rows} numbers={numbers} />
    </div>
  );
}

function Facts({ rows, numbers = false }: { rows: [string, string][]; numbers?: boolean }) {
  return (
    <dl className={classes.facts} data-numbers={numbers}>
      {rows.map(([name, value]) => (
        <div key={`${name} ${value}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
