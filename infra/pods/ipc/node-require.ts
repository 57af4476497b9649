import { createRequire } from 'node:module';

/**
 * To be imported first by a program that is bundled into one ESM file with CommonJS packages in it: those call `require` for
 * Node's own modules, and esbuild then looks for a global of that name.
 */
if (!('require' in globalThis)) Object.assign(globalThis, { require: createRequire(import.meta.url) });
