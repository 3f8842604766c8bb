import { generateKeyPairSync, sign } from 'node:crypto';

const ecdsaWithSha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const commonName = [0x55, 0x04, 0x03];
const subjectAltName = [0x55, 0x1d, 0x11];
const basicConstraints = [0x55, 0x1d, 0x13];

/** A certificate for `localhost` and 127.0.0.1 that signs itself, with its key, in PEM. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(value(0x06, ecdsaWithSha256));
  const name = sequence(
    value(0x31, sequence(value(0x06, commonName), value(0x0c, Buffer.from('localhost')))),
  );
  const names = sequence(value(0x82, Buffer.from('localhost')), value(0x87, [127, 0, 0, 1]));
  const extensions = sequence(
    sequence(value(0x06, basicConstraints), value(0x01, [0xff]), value(0x04, sequence(value(0x01, [0xff])))),
    sequence(value(0x06, subjectAltName), value(0x04, names)),
  );
  const body = sequence(
    value(0xa0, value(0x02, [2])),
    value(0x02, [1]),
    algorithm,
    name,
    sequence(time('20200101000000Z'), time('21200101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    value(0xa3, extensions),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
  const whole = sequence(body, algorithm, value(0x03, signature));
  const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return value(0x30, Buffer.concat(parts));
}

function time(written: string): Buffer {
  return value(0x18, Buffer.from(written));
}

/** Tag, length and content, as DER has them. */
function value(tag: number, content: Buffer | readonly number[]): Buffer {
  const bytes = Buffer.from(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}
