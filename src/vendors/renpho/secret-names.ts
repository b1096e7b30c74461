/**
 * What of Renpho's traffic identifies or authenticates somebody, by the names that stand beside it. They come from the
 * published records of both APIs and from what such things are called elsewhere, since no list of all fields is public.
 * User ids, record ids and the addresses of scales are none of them: without these an export could not be read.
 */

/** Names, in lower-case letters and digits, that hold one of these are secret. */
const anywhere = new RegExp(
  [
    'pass(?:word|wd|code|phrase)|pwd|secret|token|session|cookie|captcha|credential|signature',
    'mail|birth|avatar|portrait|picture|photo|facebook|twitter|wechat|weibo|instagram',
    '(?:nick|real|first|last|full|user|member|friend)name|ssid|wifiname|uuid|udid|imei|idfa|fingerprint',
    '(?:client|remote|login|forwarded)ip|ipaddr|latitude|longitude',
  ].join('|'),
);

/** Names that end so. `phone` is also the header in which the new app tells of the phone. */
const atEnd =
  /(?:key|auth|authorization|phone|phonenumber|mobile|mobilenumber|account|accountname|accountnumber)$/;

const whole =
  /^(?:key|sign|ip|name|address|remark|dob|(?:dev|device|android|open|union|push|registration)id|(?:user|invite|verify|verification|sms|auth)code|tel|zip|postcode|location|lat|lng|lon|forwarded|xforwardedfor|xrealip|trueclientip|cfconnectingip)$/;

/** Words of which nobody knows what they are about, in a record that nobody has described. */
const freeText = /(?:name|url|uri|note|comment|content|title|description|text|hash|nonce|challenge)$/;

/** Names of things, not of people. */
const things: ReadonlySet<string> = new Set(['tablename', 'scalename', 'devicename']);

/** A test for names in any case and spelling; `described` is whether the endpoint that they stand at is known. */
export function secretNames(described: boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    let secret = known.get(name);
    if (secret === undefined) {
      const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
      secret = isSecret(plain) || (!described && freeText.test(plain) && !things.has(plain));
      // Names are the other side's choice, and there may be a new one in every row.
      if (known.size < 10_000) known.set(name, secret);
    }
    return secret;
  };
}

function isSecret(plain: string): boolean {
  // `password_present_flag` says nothing about it.
  if (plain.endsWith('flag')) return false;
  return anywhere.test(plain) || atEnd.test(plain) || whole.test(plain);
}

/**
 * Whether a text is secret whatever its name: an e-mail address, a JSON web token, what stands in an Authorization
 * header, or something with `token=..` in it, as an address or a form has. `isSecretName` is for the latter.
 */
export function looksSecret(text: string, isSecretName: (name: string) => boolean): boolean {
  // Most texts have neither sign, and there are millions of texts in a large page.
  if (text.includes('@') && /[^\s@]@[^\s@.]+\.[^\s@]/.test(text)) return true;
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    const name = /[\w.-]+$/.exec(text.slice(Math.max(0, at - LONGEST_NAME), at))?.[0];
    if (name !== undefined && at + 1 < text.length && isSecretName(name)) return true;
  }
  return /^(?:eyJ[\w-]{8,}\.[\w-]+\.|(?:Bearer|Basic) \S)/.test(text);
}

const LONGEST_NAME = 64;
