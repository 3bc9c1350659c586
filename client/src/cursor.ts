// Cursors, EPOCH-SEQ: how far a stream has come.

/** Is cursor a of an earlier event than b of the same epoch, or the same? */
export function behind(a?: string, b?: string): boolean {
  const [, epoch, n] = /^(.*)-(\d+)$/.exec(a || "") || [];
  const [, of, m] = /^(.*)-(\d+)$/.exec(b || "") || [];
  return epoch == of && +n! <= +m!;
}
