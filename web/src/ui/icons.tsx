// Icons of 16 by 16, drawn by lines.

import type { LensName } from "../url";

const lensPaths: Record<LensName, string> = {
  map: "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z",
  workload: "M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6",
  changes: "M4 3v10M4 8h4a4 4 0 0 0 4-4V3M2.2 3.2h3.6M10.2 3.2h3.6",
  drift: "M8 2 14 8l-6 6-6-6zM8 5.8v2.6M8 10.4v.1",
  practices: "M2.5 4.2 4 5.7l2.6-3M2.5 11.2 4 12.7l2.6-3M9 4.5h5M9 11.5h5",
  images: "M2.5 5.5h11v8h-11zM4.5 5.5v-3h7v3M8 8v3M6.5 9.5 8 8l1.5 1.5",
  sources: "M8 2.5c3 0 5.5.9 5.5 2s-2.500 2-5.500 2-5.500-.9-5.500-2 2.500-2 5.500-2M2.500 4.500v7c0 1.100 2.500 2 5.500 2s5.500-.9 5.500-2v-7M2.500 8c0 1.100 2.500 2 5.500 2s5.500-.9 5.500-2",
};

const Svg = ({ d, size = 16 }: { d: string; size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d={d} />
  </svg>
);

export const LensIcon = ({ of }: { of: LensName }) => <Svg d={lensPaths[of]} />;

export const Logo = () => (
  <svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" aria-hidden="true">
    <path d="M3 17h18M7 17V9a5 5 0 0 1 10 0v8" />
    <path d="M2 21c3-5 5-9 10-9s7 4 10 9" opacity=".45" />
  </svg>
);
