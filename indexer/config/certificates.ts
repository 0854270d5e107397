import { X509Certificate } from 'node:crypto';
import { errnoOf, type ConfigIo } from './config-io.ts';

/** What became of a file of certificates: its text, or what is wrong and the remedy. */
export interface CertificateFile {
  /** PEM (RFC 7468), its certificates only. */
  ca?: string;
  fault?: string;
  warning?: string;
}

/** The whole bundle of a system has a quarter of it. */
const MAX_BYTES = 1024 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const EXPORT_IT = 'give the file of the CA that issued the certificate of the server, in PEM form';

/** Reads the certificates that a source's server is trusted by. @param path absolute */
export async function readCertificates(path: string, io: ConfigIo): Promise<CertificateFile> {
  let text: string;
  try {
    const { sizeBytes } = await io.stat(path);
    if (sizeBytes > MAX_BYTES) return { fault: `names a file of more than ${MAX_BYTES} bytes; ${EXPORT_IT}.` };
    text = await io.readFile(path);
  } catch (error) {
    return { fault: `names a file that cannot be read (${errnoOf(error)}); check the path and who may read it.` };
  }
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return { fault: `names a file with no certificate in it; ${EXPORT_IT}.` };
  const certificates = blocks.map(parseCertificate);
  const broken = certificates.indexOf(undefined);
  if (broken >= 0) return { fault: `names a file whose certificate #${broken + 1} cannot be read; ${EXPORT_IT}.` };
  const expired = certificates.find((each) => each !== undefined && Date.parse(each.validTo) < io.now());
  return { ca: `${blocks.join('\n')}\n`, ...(expired !== undefined && { warning: expiryOf(expired) }) };
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function expiryOf({ subject, validTo }: X509Certificate): string {
  const name = JSON.stringify(subject.replaceAll('\n', ', '));
  return `the certificate ${name} has expired (${validTo}), so that nothing is trusted by it; replace it.`;
}
