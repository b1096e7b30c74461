/** An authority as the page is told of it. The bytes are no certificate: the page does not look into them. */
export const ca = {
  pem: '-----BEGIN CERTIFICATE-----\nc2NhbGV0YXA=\n-----END CERTIFICATE-----\n',
  der: Buffer.from('30820000', 'hex'),
  fingerprintSha256: Array.from({ length: 32 }, (_, i) => (i + 160).toString(16).toUpperCase()).join(':'),
  subject: 'O=scaletap, CN=scaletap CA 1f2e3d',
  notAfterMs: Date.UTC(2036, 10, 18),
  mobileconfig: Buffer.from('<?xml version="1.0"?><plist/>'),
};

export const apps = ['cloud.renpho.com', '*.qnclouds.com'];

export const proxy = { host: '192.168.1.10', port: 8888 };
