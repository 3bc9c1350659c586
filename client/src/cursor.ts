// Cursors, EPOCH-SEQ: how far a stream has come.

const parts = (c?: string) => /^(.*-)(\d+)$/.exec(c!) || [];

/** Is cursor a of an earlier event than b of the same epoch, or the same? */
export function behind(a?: string, b?: string): boolean {
  const [, epoch, i] = parts(a);
  const [, other, j] = parts(b);
  return !!epoch && epoch == other && +i! <= +j!;
}
