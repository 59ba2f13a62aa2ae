import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { fetchAgreementTotals } from '../../api/reviews';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { Figure, FigureRow } from '../../components/Figure';
import { currentLanguage, fixed, listed } from '../../language/language';
import classes from './EffortPage.module.css';
import { diceText } from './effortText';

const agreementTotalsQuery = (from: string | null) =>
  queryOptions({
    queryKey: ['agreement-totals', from],
    queryFn: ({ signal }) => fetchAgreementTotals(from, signal),
    placeholderData: keepPreviousData,
  });

const kappaText = (kappa: number | null): string => (kappa === null ? '–' : fixed(kappa, 2));

/** Agreement of people who read the same image blind: what a model can be expected to reach. */
export function AgreementSection({ from }: { from: string | null }) {
  const totals = useQuery(agreementTotalsQuery(from));
  if (totals.isError) {
    return <ErrorState error={totals.error} onRetry={() => void totals.refetch()} />;
  }
  if (!totals.data) return null;
  const { pairs, dice_mean, iou_mean, presence_kappa, by_pair_of_readers } = totals.data;
  return (
    <section>
      <h2 className={classes.title}>
        <Trans>Agreement of readers</Trans>
      </h2>
      {pairs === 0 ? (
        <p className={classes.note}>
          <Trans>
            No image was read blind by two people during this period. Assign a blind double reading
            in the worklist to see how far people agree.
          </Trans>
        </p>
      ) : (
        <>
          <FigureRow>
            <Figure label={t`Blind pairs`}>{pairs.toLocaleString(currentLanguage())}</Figure>
            <Figure label="Dice" note={t`mean`}>
              {diceText(dice_mean)}
            </Figure>
            <Figure label="IoU" note={t`mean`}>
              {diceText(iou_mean)}
            </Figure>
            <Figure label={t`Presence of a lesion`} note={t`Cohen’s κ`}>
              {kappaText(presence_kappa)}
            </Figure>
          </FigureRow>
          <DataTable
            label={t`Agreement by pair of readers`}
            columns={[t`Readers`, t`Images`, t`Dice, mean`, t`IoU, mean`, t`Cohen’s κ on presence`]}
          >
            {by_pair_of_readers.map((pair) => (
              <tr key={pair.readers.map(({ id }) => id).join(' ')}>
                <td>{listed(pair.readers.map(({ name }) => name))}</td>
                <td>{pair.pairs.toLocaleString(currentLanguage())}</td>
                <td>{diceText(pair.dice_mean)}</td>
                <td>{diceText(pair.iou_mean)}</td>
                <td>{kappaText(pair.presence_kappa)}</td>
              </tr>
            ))}
          </DataTable>
        </>
      )}
    </section>
  );
}
