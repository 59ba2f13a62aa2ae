import { messageOf } from '../api/problem';
import classes from './FormCard.module.css';

export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p className={classes.error} role="alert">
      {messageOf(error)}
    </p>
  );
}
