import { ask } from '../proxy/http.ts';

/** One of each kind of answer: a file, documents, a query, a download, a redirect, an error, operations. */
export const PATHS = [
  '/',
  '/schema/v1/item.schema.json',
  '/api/v1',
  '/api/v1/extensions',
  '/api/v1/extensions?type=provider&limit=1',
  '/api/v1/extensions/search?q=aws',
  '/api/v1/extensions/provider/aws',
  '/api/v1/extensions/provider/aws/latest',
  '/api/v1/extensions/provider/aws/1.0.0',
  '/api/v1/extensions/provider/nope',
  '/api/v1/status',
  '/api/v1/health/live',
  '/api/v1/health/ready',
  '/nope',
];

/** What of an answer may be kept by a cache. */
export async function keptOf(url: string, headers: Record<string, string> = {}) {
  const answer = await ask(url, { headers });
  const { date: _date, 'x-request-id': _id, ...fields } = answer.headers;
  return { status: answer.status, fields, body: answer.body.toString('latin1') };
}
