/** The mark: an ultrasound sector drawn as one closed loop, with the lesion inside. */
export function LogoMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <path
        d="M13.1 4.2h5.8a1.8 1.8 0 0 1 1.69 1.18l6.1 16.5a1.8 1.8 0 0 1-.82 2.2A20.6 20.6 0 0 1 16 26.6a20.6 20.6 0 0 1-9.870-2.520 1.8 1.8 0 0 1-.820-2.200l6.1-16.500A1.8 1.8 0 0 1 13.1 4.200Z"
        stroke="var(--sl-accent)"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      <path
        d="M11.9 17.600c-.6-2.5 1.5-4.9 4.4-5.1 2.8-.2 4.9 1.7 4.5 4.1-.4 2.5-2.3 4-4.7 4-2.2 0-3.8-1.1-4.2-3Z"
        fill="#f2b84b"
      />
    </svg>
  );
}
