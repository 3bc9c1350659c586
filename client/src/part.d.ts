// What the core gives its parts.
declare const __sx: import("./parts").Shared;

/** Is this the small language? What it does not know, or finds wrong, is left to the whole one. */
declare const SMALL: boolean;

/** Does this core stand in a script with all parts? Then it need not fetch any. */
declare const ALL: boolean;
