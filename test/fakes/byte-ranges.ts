import { textReply, type LoggedRequest, type Reply, type ReplyHeaders } from './replies.ts';

export interface ServedContent {
  readonly content: Uint8Array;
  readonly headers: ReplyHeaders;
  /** Quoted; without it there are no conditional answers. */
  readonly etag?: string;
  /** zot looks at no If-Range, and refuses a range with an empty body. */
  readonly style?: 'go' | 'zot';
}

interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** What Go's http.ServeContent answers (RFC 9110 sections 13 and 14): 200, 206 (multipart for several), 304 or 416. */
export function serveContent(request: LoggedRequest, served: ServedContent): Reply {
  const { content, etag, style = 'go' } = served;
  const unchanged = { ...(etag === undefined ? {} : { ETag: etag }), ...served.headers };
  const headers = { 'Accept-Ranges': 'bytes', ...unchanged };
  const whole = { status: 200, headers, body: content };
  if (etag !== undefined && isNoneMatch(request, etag)) {
    return { status: 304, headers: withoutHeaders(unchanged, ['Content-Type']) };
  }
  const rangeHeader = request.headers.range;
  if (rangeHeader === undefined || (style === 'go' && !isRangeCondition(request, etag))) return whole;
  const ranges = parseRanges(rangeHeader, content.length);
  if (ranges === 'invalid' || ranges === 'unsatisfiable') return refuseRange(ranges, served);
  const sum = ranges.reduce((total, { start, end }) => total + end - start + 1, 0);
  // More bytes asked for than there are: Go takes it for an attack and sends the whole.
  if (ranges.length === 0 || sum > content.length) return whole;
  const [only] = ranges;
  if (ranges.length > 1 || only === undefined) return multipartReply(served, ranges, headers);
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': contentRange(only, content.length) },
    body: content.subarray(only.start, only.end + 1),
  };
}

function isNoneMatch(request: LoggedRequest, etag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag);
}

/** RFC 9110 section 13.1.5: an If-Range that is not exactly the strong ETag makes the Range as if it were not there. */
function isRangeCondition(request: LoggedRequest, etag: string | undefined): boolean {
  const header = request.headers['if-range'];
  return header === undefined || header === etag;
}

function parseRanges(header: string, sizeBytes: number): ByteRange[] | 'invalid' | 'unsatisfiable' {
  if (!header.startsWith('bytes=')) return 'invalid';
  const parsed = header
    .slice('bytes='.length)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => parseRange(each, sizeBytes));
  if (parsed.includes('invalid')) return 'invalid';
  const ranges = parsed.filter((each) => typeof each === 'object');
  return parsed.length > 0 && ranges.length === 0 ? 'unsatisfiable' : ranges;
}

function parseRange(text: string, sizeBytes: number): ByteRange | 'invalid' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === '' && last === '') return 'invalid';
  if (first === '') {
    // `-0` is 206 with nothing in it.
    return { start: sizeBytes - Math.min(Number(last), sizeBytes), end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return 'invalid';
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}

/** Go takes back what describes the content, and keeps what else the handler had said. */
function refuseRange(why: 'invalid' | 'unsatisfiable', { content, headers, style }: ServedContent): Reply {
  const kept = withoutHeaders(headers, ['Content-Type', 'Cache-Control']);
  const noOverlap = { ...kept, 'Content-Range': `bytes */${content.length}` };
  if (style === 'zot') return { status: 416, headers: noOverlap, body: Buffer.alloc(0) };
  return why === 'invalid'
    ? textReply(416, 'invalid range\n', kept)
    : textReply(416, 'invalid range: failed to overlap\n', noOverlap);
}

export function withoutHeaders(headers: ReplyHeaders, names: readonly string[]): ReplyHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end}/${sizeBytes}`;
}

/** RFC 9110 section 14.6. */
function multipartReply(served: ServedContent, ranges: readonly ByteRange[], headers: ReplyHeaders): Reply {
  const boundary = 'fake-boundary-2f6c';
  const { content } = served;
  const type = String(served.headers['Content-Type'] ?? 'application/octet-stream');
  const parts = ranges.flatMap((range) => [
    Buffer.from(
      `--${boundary}\r\nContent-Range: ${contentRange(range, content.length)}\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    content.subarray(range.start, range.end + 1),
    Buffer.from('\r\n'),
  ]);
  return {
    status: 206,
    headers: { ...headers, 'Content-Type': `multipart/byteranges; boundary=${boundary}` },
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
