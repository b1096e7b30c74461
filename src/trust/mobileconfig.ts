import { createHash } from 'node:crypto';
import { printable } from '../model/escape.js';
import type { Authority } from './authority.js';

/**
 * The authority as a configuration profile for iPhone and iPad, an XML property list with one payload of the type
 * `com.apple.security.root`. Its ids come from the fingerprint, so that the same authority installed once more
 * replaces itself, and another one stands beside it.
 */
export function mobileconfig({
  subject,
  fingerprintSha256,
  der,
}: Pick<Authority, 'subject' | 'fingerprintSha256' | 'der'>): string {
  const identifier = `scaletap.ca.${fingerprintSha256.replaceAll(':', '').slice(0, 16).toLowerCase()}`;
  const data = der.toString('base64').replace(/.{1,64}/g, '$&\n');
  const description = 'Lets scaletap read what the apps of your scales say to their clouds.';
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key>
  <string>Configuration</string>
  <key>PayloadVersion</key>
  <integer>1</integer>
  <key>PayloadIdentifier</key>
  <string>${identifier}</string>
  <key>PayloadUUID</key>
  <string>${uuidOf(fingerprintSha256, 'profile')}</string>
  <key>PayloadDisplayName</key>
  <string>scaletap</string>
  <key>PayloadDescription</key>
  <string>${xml(`${description} SHA-256: ${fingerprintSha256}`)}</string>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key>
      <string>com.apple.security.root</string>
      <key>PayloadVersion</key>
      <integer>1</integer>
      <key>PayloadIdentifier</key>
      <string>${identifier}.root</string>
      <key>PayloadUUID</key>
      <string>${uuidOf(fingerprintSha256, 'root')}</string>
      <key>PayloadDisplayName</key>
      <string>${xml(subject)}</string>
      <key>PayloadCertificateFileName</key>
      <string>scaletap-ca.cer</string>
      <key>PayloadContent</key>
      <data>
${data}</data>
    </dict>
  </array>
</dict>
</plist>
`;
}

/** Of the form of version 8 (RFC 9562, 5.8): the bits are ours, and here they are a hash. */
function uuidOf(fingerprint: string, role: string): string {
  const bytes = createHash('sha256').update(`${fingerprint} ${role}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex').toUpperCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** As text of an element. Characters that XML does not know at all are escaped as for a terminal, or left out. */
function xml(text: string): string {
  return printable(text)
    .replace(/[\ud800-\udfff\ufffe\uffff]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
