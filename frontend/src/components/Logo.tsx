/** The mark: an ultrasound sector drawn as one closed loop, with the lesion inside. */
export function LogoMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <path
        d="M13.2 5h5.6a2 2 0 0 1 1.66.88l8.9 13.2a2 2 0 0 1-.4 2.68C25.3 24.8 20.8 26.5 16 26.5S6.7 24.8 3.04 21.76a2 2 0 0 1-.4-2.68l8.9-13.2A2 2 0 0 1 13.2 5Z"
        stroke="var(--sl-accent)"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      <path
        d="M12.3 17.8c-.4-2.3 1.5-4.5 4.2-4.7 2.7-.2 4.6 1.6 4.3 3.9-.4 2.3-2.2 3.7-4.5 3.7-2.1 0-3.7-1-4-2.9Z"
        fill="#f2b84b"
      />
    </svg>
  );
}
