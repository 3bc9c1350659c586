// Cursors, EPOCH-SEQ: how far a stream has come.

/** Is cursor a of an earlier event than b of the same epoch, or the same? */
export function behind(a?: string, b?: string): boolean {
  if (!a || !b) return false;
  const i = a.lastIndexOf("-") + 1;
  const j = b.lastIndexOf("-") + 1;
  return a.slice(0, i) == b.slice(0, j) && +a.slice(i) <= +b.slice(j);
}
