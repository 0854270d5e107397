import { codeOf, messageOf, RegistryError, type ErrorCode } from '../indexer/model/errors.ts';

/** The error types of the API, each with the status that it has unless told otherwise. */
const STATUSES = {
  invalid_type: 400,
  invalid_version: 400,
  invalid_request: 400,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  range_not_satisfiable: 416,
  internal: 500,
  gitea: 502,
  oci: 502,
  http: 502,
  unavailable: 503,
} as const;

export type ApiErrorType = keyof typeof STATUSES;

export interface ApiErrorOptions {
  status?: number;
  details?: string;
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

/** An error that a client is told of as it is: its sentence holds nothing internal. */
export class ApiError extends Error {
  readonly answer: ErrorAnswer;

  /** @param message one sentence that names the subject and the remedy */
  constructor(type: ApiErrorType, message: string, options: ApiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.answer = {
      status: options.status ?? STATUSES[type],
      headers: options.headers ?? {},
      body: { error: type, message, ...(options.details !== undefined && { details: options.details }) },
    };
  }
}

export interface ErrorAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: { error: ApiErrorType; message: string; details?: string };
}

const RETRY_SOON = { 'retry-after': '10' };

/** What a client asked wrongly: these sentences are about its own words. */
const CLIENT_FAULTS: Partial<Record<ErrorCode, ApiErrorType>> = {
  invalid_name: 'invalid_request',
  invalid_type: 'invalid_type',
  invalid_version: 'invalid_version',
  invalid_digest: 'invalid_request',
  invalid_request: 'invalid_request',
};

/** fastify's and its plugins' errors. */
const FRAMEWORK: Readonly<Record<string, () => ApiError>> = {
  FST_ERR_BAD_URL: () => new ApiError('invalid_request', 'The URL is not valid; percent-encode its path as UTF-8.'),
  FST_ERR_HANDLER_TIMEOUT: () =>
    new ApiError('unavailable', 'The answer took too long; try again.', { headers: RETRY_SOON }),
  FST_STATIC_FORBIDDEN_PATH: () => new ApiError('not_found', 'There is no such file; use the path as it is written.'),
};

const TRY_AGAIN = 'try again, or see /api/v1/health.';

/** What is not a plain 502. */
const BACKEND_FAULTS: Readonly<
  Record<string, (waitMs: number | undefined) => { status: number; headers?: Record<string, string> }>
> = {
  timeout: () => ({ status: 504 }),
  rate_limit: (waitMs = 10_000) => ({
    status: 503,
    headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
  }),
};

/** The one place where an error becomes a status and a body. */
export function errorAnswer(error: unknown): ErrorAnswer {
  const known = error instanceof ApiError ? error : (fromOwn(error) ?? fromFramework(error));
  return (known ?? new ApiError('internal', 'The registry failed; see its log for this request id.')).answer;
}

/** What a download is told when a backend failed: of the backend's kind, with a code instead of its words. */
export function backendError(kind: string, message: string, error: unknown): ApiError {
  const code = codeOf(error) ?? 'failed';
  const waitMs = error instanceof RegistryError ? error.retryAfterMs : undefined;
  const { status, headers } = BACKEND_FAULTS[code]?.(waitMs) ?? {};
  return new ApiError(kind === 'gitea' || kind === 'oci' ? kind : 'http', `${message} (${code}); ${TRY_AGAIN}`, {
    details: code,
    cause: error,
    ...(status !== undefined && { status }),
    ...(headers !== undefined && { headers }),
  });
}

function fromOwn(error: unknown): ApiError | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const type = CLIENT_FAULTS[code];
  if (type !== undefined) return new ApiError(type, messageOf(error));
  // Whatever else reaches a client came up while the site was read; its own sentence names a path or a host.
  return new ApiError(
    'unavailable',
    'The published site cannot be read at the moment; try again, or see the log of the registry.',
    { headers: RETRY_SOON },
  );
}

function fromFramework(error: unknown): ApiError | undefined {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  if (typeof code === 'string' && Object.hasOwn(FRAMEWORK, code)) return FRAMEWORK[code]?.();
  // Whatever else fastify refuses as the client's fault is told without its words, which may repeat the path.
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined;
  if (statusCode === 404) return new ApiError('not_found', 'There is nothing at this path.');
  if (statusCode === 412)
    return new ApiError('precondition_failed', 'The file is not what If-Match names; read it again.');
  return new ApiError('invalid_request', 'The request cannot be served; see the API description.', {
    status: statusCode,
  });
}
