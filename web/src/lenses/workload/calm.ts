// What the server is asked again for, at a pace that it can bear.

import { useEffect, useRef, useState } from "preact/hooks";

/** The value, at most once in so many milliseconds: a rollout changes its row with each pod, and each detail costs the server a look around. */
export function useCalm<T>(value: T, pause = 2000): T {
  const [calm, setCalm] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    const wait = last.current + pause - performance.now();
    const take = () => {
      last.current = performance.now();
      setCalm(value);
    };
    const timer = setTimeout(take, Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [value, pause]);
  return calm;
}
