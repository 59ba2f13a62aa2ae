import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Slider, Switch } from '@mantine/core';
import { AS_STORED, isAsStored } from '../../viewer/grayWindow';
import classes from './DisplayControls.module.css';
import { setDisplay, setOverlay, useViewer, viewerStore } from './viewerStore';

export function OverlayControls() {
  const overlay = useViewer((state) => state.overlay);
  return (
    <div className={classes.root}>
      <div className={classes.switches}>
        <Switch
          size="xs"
          label={t`Shown`}
          checked={overlay.shown}
          onChange={(event) => setOverlay({ shown: event.currentTarget.checked })}
        />
        <Switch
          size="xs"
          label={t`Contour`}
          disabled={!overlay.shown}
          checked={overlay.contour}
          onChange={(event) => setOverlay({ contour: event.currentTarget.checked })}
        />
        <Switch
          size="xs"
          label={t`Fill`}
          disabled={!overlay.shown}
          checked={overlay.fill}
          onChange={(event) => setOverlay({ fill: event.currentTarget.checked })}
        />
      </div>
      <LabelledSlider
        label={t`Fill opacity`}
        value={Math.round(overlay.opacity * 100)}
        min={0}
        max={100}
        suffix=" %"
        disabled={!overlay.shown || !overlay.fill}
        onChange={(value) => setOverlay({ opacity: value / 100 })}
      />
    </div>
  );
}

export function WindowControls() {
  const display = useViewer((state) => state.display);
  return (
    <div className={classes.root}>
      <LabelledSlider
        label={t`Brightness`}
        value={display.brightness}
        onChange={(brightness) => setDisplay({ brightness })}
      />
      <LabelledSlider
        label={t`Contrast`}
        value={display.contrast}
        onChange={(contrast) => setDisplay({ contrast })}
      />
      <div className={classes.switches}>
        <Switch
          size="xs"
          label={t`Invert`}
          checked={display.inverted}
          onChange={(event) => setDisplay({ inverted: event.currentTarget.checked })}
        />
        <Button
          className={classes.reset}
          size="compact-xs"
          variant="default"
          disabled={isAsStored(display)}
          onClick={() => viewerStore.set({ display: AS_STORED })}
        >
          <Trans>Reset</Trans>
        </Button>
      </div>
      <p className={classes.hint}>
        <Trans>Or drag on the image with the right button.</Trans>
      </p>
    </div>
  );
}

function LabelledSlider(props: {
  label: string;
  value: number;
  onChange: (value: number) => void;
  min?: number;
  max?: number;
  suffix?: string;
  disabled?: boolean;
}) {
  const { label, value, onChange, min = -100, max = 100, suffix = '', disabled = false } = props;
  return (
    <div className={classes.slider} data-disabled={disabled}>
      <span aria-hidden="true">{label}</span>
      <Slider
        size={4}
        thumbSize={14}
        label={null}
        thumbLabel={label}
        min={min}
        max={max}
        value={value}
        onChange={onChange}
        disabled={disabled}
      />
      <span className={classes.value} aria-hidden="true">
        {value > 0 && min < 0 ? '+' : ''}
        {value}
        {suffix}
      </span>
    </div>
  );
}
