import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface ProxiedRequest {
  /** `CONNECT host:port`, or a method and a whole URL. */
  readonly line: string;
  readonly proxyAuthorization: string | undefined;
}

/** A forward proxy (RFC 9110, section 3.7) that knows a name for each server: tests have no DNS. */
export interface ForwardProxyServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: ProxiedRequest[];
  close(): Promise<void>;
}

export interface ForwardProxyOptions {
  /** `name:port` -> `127.0.0.1:PORT`; anything else is a 502. */
  readonly routes: Readonly<Record<string, string>>;
  /** The Proxy-Authorization that it wants to see, or it is a 407. */
  readonly wants?: string;
}

export async function startForwardProxy({ routes, wants }: ForwardProxyOptions): Promise<ForwardProxyServer> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  /** The server's address, or the status that refuses. */
  const admit = ({ method, url = '', headers }: IncomingMessage, name: string): string | number => {
    requests.push({ line: `${method} ${url}`, proxyAuthorization: headers['proxy-authorization'] });
    if (wants !== undefined && headers['proxy-authorization'] !== wants) return 407;
    return routes[name] ?? 502;
  };
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '');
    const to = admit(incoming, `${url.hostname}:${url.port || 80}`);
    if (typeof to === 'number') response.writeHead(to).end();
    else passOn(incoming, response, new URL(`http://${to}${url.pathname}${url.search}`));
  });
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => undefined)));
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    const to = admit(incoming, incoming.url ?? '');
    if (typeof to === 'number') {
      socket.end(`HTTP/1.1 ${to} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [host = '', port] = to.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    sockets.add(upstream.on('error', () => socket.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function passOn(incoming: IncomingMessage, response: ServerResponse, url: URL): void {
  const { 'proxy-authorization': _own, ...headers } = incoming.headers;
  const outgoing = forward(url, { method: incoming.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.writeHead(502).end()).end();
}
