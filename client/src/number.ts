// Numbers are doubles within ±(2^53−1). What leaves that range is an error, not a rounding.

import { off } from "./argument";
import { fail } from "./values";

const max = Number.MAX_SAFE_INTEGER;

/** The result n of the primitive name, checked. */
export const num = (n: number, name: string): number =>
  Math.abs(n) <= max ? n : fail("range", `${name}: the result ${n} is beyond the range of exact integers, ±(2^53−1)`);

/** n with exactly `places` digits, half away from zero, from the exact binary value: so is toFixed. */
export const decimal = (n: number, places: number): string => n.toFixed(places).replace(/^-(?=[0.]*$)/, "");

/** Rounds to digits after the point, or before it where digits is negative. */
export const round = (n: number, digits = 0): number => {
  const a = Math.abs(n), unit = 10 ** -digits, rest = a % unit;
  return digits > 0 ? +n.toFixed(digits) : digits < -16 ? 0 : Math.sign(n) * (a - rest + (rest * 2 >= unit ? unit : 0));
};

/** Powers with integers are multiplied out, so that both hosts agree to the last digit. */
export const pow = (x: number, y: number): number => {
  if (y % 1) return x ** y;
  if (!x && y < 0) off();
  let r = 1;
  for (let n = Math.abs(y), b = x; n && r && isFinite(r); n = Math.floor(n / 2), b *= b) if (n % 2) r *= b;
  return y < 0 ? 1 / r : r;
};
