/** A verdict that is meant to differ from the original's, by its place in the recording. */
export interface AdmissionDeviation {
  id: string;
  reason: string;
  scenario: '19-webhook-validate' | '20-webhook-mutate';
  exchange: number;
  /** The verdict that is given instead; the message as its beginning. */
  verdict: { allowed: boolean; code: number; message: string };
}

const validating = (
  exchange: number,
  id: string,
  reason: string,
  allowed: boolean,
  code: number,
  message: string,
): AdmissionDeviation => ({
  id,
  reason,
  scenario: '19-webhook-validate',
  exchange,
  verdict: { allowed, code, message },
});

const ASKED_TOO_MUCH = 'What a sandbox asks for is held to the maxima of the policy';
const DEFAULT_DENY = 'A tool without a rule is denied where that is the default';
const DEPTH_WORDS = 'One wording of the depth, that of the run itself';

/** Differences of verdicts. Besides, each refusal goes on to name field, rule and policy, and what to do. */
export const ADMISSION_DEVIATIONS: readonly AdmissionDeviation[] = [
  validating(
    3,
    'CTL-WA4',
    'An update that changes nothing that policies judge is let through',
    true,
    200,
    'the policy is gone',
  ),
  validating(8, 'CTL-WA2', ASKED_TOO_MUCH, false, 403, 'cpu 64 exceeds maximum 500m'),
  validating(9, 'CTL-WA8', 'A bound that nothing is asked of is not read', true, 200, 'policy validated'),
  validating(12, 'CTL-WA6', DEPTH_WORDS, false, 403, 'sub-agent depth 2 exceeds max 2'),
  validating(13, 'CTL-WA6', DEPTH_WORDS, false, 403, 'sub-agent depth 7 exceeds max 2'),
  validating(15, 'CTL-WA6', 'A maximal depth of 0 allows no sub-agents', false, 403, 'sub-agent depth 9 exceeds max 0'),
  validating(18, 'CTL-WA2', DEFAULT_DENY, false, 403, 'tool "unknown" is denied by policy'),
  validating(19, 'CTL-WA2', DEFAULT_DENY, false, 403, 'tool "Bash" is denied by policy'),
  validating(36, 'CTL-116', 'The namespace of the request counts', false, 403, 'sandbox is required by policy'),
];
