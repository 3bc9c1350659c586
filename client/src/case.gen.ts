// placeholder until generated
export const upperOf = (c: string) => { const u = c.toUpperCase(); return [...u].length > 1 ? c : u; };
export const lowerOf = (c: string) => { const u = c.toLowerCase(); return [...u].length > 1 ? c : u; };
