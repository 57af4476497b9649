import { stringify } from 'yaml';
import { installObjects } from './install.ts';

/** `node infra/manifests/main.ts | kubectl apply -f -`: what the manifests beside this file refer to, and the webhooks. */
const objects = await installObjects('sympozium-system');
console.log(objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'));
