/** Status errors in the words of the real API server (apimachinery `api/errors` and `util/validation/field`). */

export interface Cause {
  reason?: string;
  message: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: Cause[];
  retryAfterSeconds?: number;
}

/** Names a resource (`pods`) or a kind (`Pod`) in an error. */
export interface Subject {
  group: string;
  resource: string;
  kind: string;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

const qualified = (name: string, group: string): string => (group === '' ? name : `${name}.${group}`);
const detailsOf = (of: Subject, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(of.group === '' ? {} : { group: of.group }),
  kind: of.resource,
});

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);
export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const internalError = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
export const pathNotFound = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
/** For what this small server does not do. */
export const notImplemented = (what: string): ApiError =>
  new ApiError(501, 'NotImplemented', `${what} is not implemented by the embedded cluster; use a real one`);

export function notFound(of: Subject, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(of.resource, of.group)} "${name}" not found`, detailsOf(of, name));
}

export function alreadyExists(of: Subject, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(of.resource, of.group)} "${name}" already exists`,
    detailsOf(of, name),
  );
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(of: Subject, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(of.resource, of.group)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(of, name));
}

/** Server-side apply found fields that other managers own. */
export const applyConflict = (message: string, causes: Cause[]): ApiError =>
  new ApiError(409, 'Conflict', message, { causes });

export function forbidden(of: Subject, name: string, why: string): ApiError {
  const subject =
    name === ''
      ? `${qualified(of.resource, of.group)} is forbidden`
      : `${qualified(of.resource, of.group)} "${name}" is forbidden`;
  return new ApiError(403, 'Forbidden', `${subject}: ${why}`, detailsOf(of, name));
}

export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);

export function invalid(of: Subject, name: string, causes: Cause[]): ApiError {
  const texts = [...new Set(causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message)))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualified(of.kind, of.group)} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(of.group === '' ? {} : { group: of.group }),
    ...(of.kind === '' ? {} : { kind: of.kind }),
    causes,
  });
}

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : `${value}`;
const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

/** Constructors of `field.Error`s. */
export const fieldError = {
  required: (field: string, detail = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: withDetail('Required value', detail),
    field,
  }),
  invalid: (field: string, value: unknown, detail: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: withDetail(`Invalid value: ${shown(value)}`, detail),
    field,
  }),
  notSupported: (field: string, value: unknown, supported: readonly string[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${supported
      .map((item) => JSON.stringify(item))
      .join(', ')}`,
    field,
  }),
  duplicate: (field: string, value: unknown): Cause => ({
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${shown(value)}`,
    field,
  }),
  forbidden: (field: string, detail: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
    field,
  }),
  notFound: (field: string, value: unknown): Cause => ({
    reason: 'FieldValueNotFound',
    message: `Not found: ${shown(value)}`,
    field,
  }),
  tooLong: (field: string, max: number): Cause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${max} bytes`,
    field,
  }),
};
