// What the core gives its parts.
declare const __sx: import("./parts").Shared;
