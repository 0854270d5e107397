import { createHash } from 'node:crypto';
import { serveContent } from './byte-ranges.ts';
import { startFakeServer, type FakeServer, type TlsIdentity } from './fake-server.ts';
import type { LoggedRequest, Reply } from './replies.ts';

/**
 * An S3-like store on an origin of its own, where Gitea (SERVE_DIRECT) and registries send their clients with a
 * pre-signed URL. As S3 does, it refuses (400) whoever shows an Authorization header beside the signature.
 */
export interface ObjectStore extends FakeServer {
  /** A URL for this method only: S3 signs the method too. */
  sign(method: string, content: Uint8Array, contentType: string): string;
}

interface SignedObject {
  readonly method: string;
  readonly content: Uint8Array;
  readonly contentType: string;
}

export async function startObjectStore(tls?: TlsIdentity): Promise<ObjectStore> {
  const objects = new Map<string, SignedObject>();
  const reply = (request: LoggedRequest): Reply | undefined => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    if (request.authorization !== undefined) {
      return refuse(400, 'InvalidArgument', 'Only one auth mechanism allowed');
    }
    const object = objects.get(`${request.path}?${request.query.get('X-Amz-Signature')}`);
    if (object === undefined || object.method !== request.method) {
      return refuse(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.');
    }
    const etag = `"${createHash('md5').update(object.content).digest('hex')}"`;
    return serveContent(request, {
      content: object.content,
      etag,
      headers: { 'Content-Type': object.contentType, Server: 'FakeS3', 'x-amz-request-id': 'FAKE0000' },
    });
  };
  const server = await startFakeServer(reply, { tls });
  return {
    ...server,
    sign(method, content, contentType) {
      const path = `/bucket/${createHash('sha256').update(content).digest('hex')}`;
      const signature = createHash('sha256').update(`${method} ${path} ${contentType}`).digest('hex');
      objects.set(`${path}?${signature}`, { method, content, contentType });
      const query = new URLSearchParams({
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Expires': '300',
        'X-Amz-SignedHeaders': 'host',
        'X-Amz-Signature': signature,
      });
      return `${server.url}${path}?${query.toString()}`;
    },
  };
}

function refuse(status: number, code: string, message: string): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/xml' },
    body: Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    ),
  };
}
