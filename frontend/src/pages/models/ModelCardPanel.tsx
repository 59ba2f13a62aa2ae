import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Model } from '../../api/types';
import { Panel } from '../../components/Panel';
import { cardText } from './cardText';
import { factsOf, lineOf } from './facts';
import { dayOf, modelText } from './figures';
import { HowWell } from './HowWell';
import { ModelClasses } from './ModelClasses';
import classes from './ModelsPage.module.css';
import { englishOf, type Note, noteText } from './noteText';
import { WhereItFails } from './WhereItFails';

const STATE_TEXT: Record<Model['state'], string> = {
  candidate: t`Candidate`,
  evaluated: t`Evaluated`,
  shadow: t`Shadow`,
  serving: t`In use`,
  retired: t`Retired`,
  rejected: t`Rejected`,
  broken: t`Broken`,
};

const STATE_COLOUR: Partial<Record<Model['state'], string>> = {
  serving: 'teal',
  broken: 'red',
};

export function ModelCardPanel({ model, actions }: { model: Model; actions?: ReactNode }) {
  const { card } = model;
  // The configuration is shown as the raw text of the file; the fitting is described in sentences.
  const { config, fitted, ...training } = card.training ?? {};
  const said = ((fitted as { said?: Note[] } | undefined)?.said ?? []) as Note[];
  const told = new Map(said.map((note) => [englishOf(note), noteText(note)]));
  const details: [string, string][] = [
    ...factsOf(card.architecture),
    ...factsOf(card.input, t`Input`),
    ...factsOf(card.calibration, t`Calibration`),
    ...factsOf(training, t`Training`),
    [t`SHA-256 of the graph`, model.sha256],
    [t`Digest of all files`, model.digest ?? t`no files here`],
    ...(model.parent ? [[t`Trained from`, modelText(model.parent)] as [string, string]] : []),
  ];
  return (
    <Panel>
      <header className={classes.head}>
        <div>
          <h2 className={classes.title}>{cardText(model.title)}</h2>
          <p className={classes.name}>
            {model.name} {model.version}
            {card.created ? `, ${dayOf(card.created)}` : ''}
          </p>
        </div>
        <div className={classes.badges}>
          <Badge variant="outline" color="var(--sl-warn)" tt="none" fw={500}>
            <Trans>Research use only</Trans>
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
              <Trans>Site default</Trans>
            </Badge>
          ) : null}
        </div>
      </header>
      {model.reason ? <p className={classes.reason}>{model.reason}</p> : null}
      {actions ? <div className={classes.actions}>{actions}</div> : null}
      {card.classes?.length ? <ModelClasses model={model} /> : null}
      {card.intended_use ? <p className={classes.use}>{cardText(card.intended_use)}</p> : null}
      <HowWell metrics={card.metrics} />
      {card.limits?.length || model.state === 'serving' ? (
        <div className={classes.fails}>
          {card.limits?.length ? (
            <h3 className={classes.part}>
              <Trans>Where not to trust it</Trans>
            </h3>
          ) : null}
          <ul className={classes.limits}>
            {(card.limits ?? [])
              .map(lineOf)
              .map((limit) => told.get(limit) ?? cardText(limit))
              .map((limit) => (
                <li key={limit}>{limit}</li>
              ))}
          </ul>
          {model.state === 'serving' ? <WhereItFails model={model} /> : null}
        </div>
      ) : null}
      <details className={classes.more}>
        <summary>
          <Trans>All figures, data, training and checksums</Trans>
        </summary>
        <div className={classes.columns}>
          <FactsPart title={t`Measured`} rows={factsOf(card.metrics)} numbers />
          <FactsPart title={t`Trained on`} rows={factsOf(card.data)} />
          {card.licences?.length ? (
            <Part title={t`Licences`}>
              <ul className={classes.limits}>
                {card.licences.map(lineOf).map((licence) => (
                  <li key={licence}>{licence}</li>
                ))}
              </ul>
            </Part>
          ) : null}
        </div>
        {told.size > 0 ? (
          <Part title={t`Fitted after training`}>
            <ul className={classes.limits}>
              {[...told.values()].map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </Part>
        ) : null}
        <Facts rows={details} />
        {config ? (
          <details className={classes.more}>
            <summary>
              <Trans>Configuration of the training</Trans>
            </summary>
            <pre className={classes.config}>{JSON.stringify(config, null, 2)}</pre>
          </details>
        ) : null}
      </details>
    </Panel>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3 className={classes.part}>{title}</h3>
      {children}
    </div>
  );
}

function FactsPart(props: { title: string; rows: [string, string][]; numbers?: boolean }) {
  const { title, rows, numbers = false } = props;
  return rows.length === 0 ? null : (
    <Part title={title}>
      <Facts rows={rows} numbers={numbers} />
    </Part>
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
