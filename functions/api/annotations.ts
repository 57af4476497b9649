/** Ours, on an instance without a key: the provider, which the spec has no other place for (API-W38). */
export const PROVIDER_ANNOTATION = 'sympozium.ai/provider';
/** Ours, on a run that was created under an `Idempotency-Key`: SHA-256 of the request, to tell a repeat from a reuse. */
export const REQUEST_DIGEST_ANNOTATION = 'sympozium.ai/request-digest';
