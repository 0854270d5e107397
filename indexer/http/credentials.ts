/** Gives the Authorization field for a URL, or undefined where none may be sent. */
export type Authorize = (url: URL) => string | undefined;

/** Binds a credential to the one origin that it was made for: scheme, host and port. */
export function forOrigin(origin: string, authorization: string | undefined): Authorize {
  return (url) => (url.origin === origin ? authorization : undefined);
}

/** RFC 7617 */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** RFC 6750 */
export function bearerAuthorization(token: string): string {
  return `Bearer ${token}`;
}
