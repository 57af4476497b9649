import { stringify } from 'yaml';
import { secrets } from './secrets.ts';

/** `node infra/manifests/main.ts | kubectl apply -f -`: the Secrets that the manifests beside this file refer to. */
console.log(
  secrets('sympozium-system')
    .map((secret) => stringify(secret, { lineWidth: 0 }))
    .join('---\n'),
);
