import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/*
 * Certificates that are made here so that no test needs a program besides Node: X.509 (RFC 5280) in DER (ITU-T X.690),
 * just enough for TLS.
 */

/** PEM */
export interface Identity {
  key: string;
  cert: string;
}

export interface Validity {
  /** Milliseconds since 1970. */
  from: number;
  until: number;
}

export interface Authority {
  /** PEM: what trusts everything that it has issued. */
  cert: string;
  /** A certificate for names and IPv4 addresses. */
  issue(hosts: readonly string[], validity?: Validity): Identity;
}

const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const DAY_MS = 24 * 60 * 60 * 1_000;

/** From yesterday until tomorrow. */
export function around(now: number): Validity {
  return { from: now - DAY_MS, until: now + DAY_MS };
}

/** From a week ago until yesterday. */
export function before(now: number): Validity {
  return { from: now - 7 * DAY_MS, until: now - DAY_MS };
}

/** A certificate authority of its own. */
export function createAuthority(name: string, now: number, validity = around(now)): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // `cA` is true, and critical: without it no chain is built over the certificate.
  const constraints = sequence(objectId(BASIC_CONSTRAINTS), TRUE, tagged(0x04, sequence(TRUE)));
  const issuer = { name, privateKey };
  const certificate = createCertificate(issuer, { name, publicKey, validity, extension: constraints });
  return {
    cert: certificate,
    issue: (hosts, leafValidity = around(now)) => issueTo(issuer, hosts, leafValidity),
  };
}

/** A certificate for `127.0.0.1` that nobody has issued but itself. */
export function createSelfSigned(now: number, validity = around(now)): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extension = alternativeNames(['127.0.0.1']);
  const cert = createCertificate({ name: 'test', privateKey }, { name: 'test', publicKey, validity, extension });
  return { key: pemOf(privateKey), cert };
}

interface Issuer {
  name: string;
  privateKey: KeyObject;
}

interface Subject {
  name: string;
  publicKey: KeyObject;
  validity: Validity;
  /** DER */
  extension: Buffer;
}

function issueTo(issuer: Issuer, hosts: readonly string[], validity: Validity): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extension = alternativeNames(hosts);
  return { key: pemOf(privateKey), cert: createCertificate(issuer, { name: 'leaf', publicKey, validity, extension }) };
}

function createCertificate(issuer: Issuer, subject: Subject): string {
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const certificate = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    algorithm,
    commonName(issuer.name),
    sequence(generalizedTime(subject.validity.from), generalizedTime(subject.validity.until)),
    commonName(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(subject.extension)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', certificate, issuer.privateKey)]));
  const base64 = sequence(certificate, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 4 ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host)),
  );
  return sequence(objectId(SUBJECT_ALT_NAME), tagged(0x04, sequence(...names)));
}

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId(COMMON_NAME), tagged(0x0c, Buffer.from(name)))));
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function generalizedTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return tagged(0x18, Buffer.from(`${digits}Z`));
}

/** X.690, section 8.1.3: a length below 128 is one byte, a longer one says first how many bytes it has. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

const TRUE = Buffer.from([0x01, 0x01, 0xff]);
