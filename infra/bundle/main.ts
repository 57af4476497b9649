import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';

/** `npm run bundle [-- --out dist]`: every program of the control plane and of its pods, each as one file. */
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
const started = performance.now();
const outputs = await bundle(values.out);
for (const { path, bytes } of outputs) console.log(`${String(Math.ceil(bytes / 1000)).padStart(6)} kB  ${path}`);
console.log(`Bundled ${outputs.length} programs into ${values.out} in ${Math.round(performance.now() - started)} ms`);
