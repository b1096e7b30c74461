import { createHash } from 'node:crypto';
import { escapeHtml } from './escape-html.js';
import type { ProxyPlace } from './proxy-place.js';
import { scriptAddress } from './proxy-script.js';
import type { System } from './setup-steps.js';
import { systems } from './setup-steps.js';

/** What the page says of the authority. */
interface ShownCa {
  readonly fingerprintSha256: string;
  readonly subject: string;
  readonly notAfterMs: number;
}

/** Large enough for a thumb, one column, and in the colours of the system, light or dark. */
const style = `
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --edge: #767680; --tint: #eef1f6; --link: #0b57d0;
  --warn: #fff4d6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6ea; --paper: #16171a; --edge: #8e8e98; --tint: #24262b; --link: #a8c7fa; --warn: #3a3115; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 1rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 1.75rem 0 .5rem; }
summary h3 { display: inline; font-size: 1.125rem; }
summary { padding: .75rem 0; cursor: pointer; }
details { border-top: 1px solid var(--edge); }
li { margin: .6rem 0; }
a { color: var(--link); }
a.file { display: inline-block; padding: .65rem 1rem; border: 2px solid var(--link); border-radius: .6rem;
  font-weight: 600; text-decoration: none; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, kbd { font: .95em ui-monospace, monospace; background: var(--tint); padding: .1rem .3rem; border-radius: .3rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1rem; background: var(--tint); padding: .75rem 1rem;
  border-radius: .6rem; }
dt { font-weight: 600; }
dd { margin: 0; }
.note { background: var(--warn); padding: .75rem 1rem; border-radius: .6rem; }
`;

/** What the content policy lets the stylesheet in by. */
export const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

/** The page, with the steps for the system of this browser open and first, and the others folded below. */
export function setupHtml(userAgent: string, ca: ShownCa, proxy: ProxyPlace): string {
  const own = systemsOf(userAgent);
  const others = systems.filter((system) => !own.includes(system));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>scaletap: set up this device</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Set up this device for scaletap</h1>
<p>scaletap reads what the Renpho app and its cloud say to each other. For that, this device sends its traffic by way
of scaletap (the proxy) and trusts the certificate of this scaletap. Only the servers of scale makers are read. All
else is passed on unseen.</p>
${proxyFacts(proxy)}
${own.map((system) => unfolded(system, proxy)).join('\n')}
${certificateFacts(ca)}
<h2>${own.length === 0 ? 'Steps for your system' : 'Other systems'}</h2>
${others.map((system) => folded(system, proxy)).join('\n')}
<h2>See that it works</h2>
<p>On the machine that runs scaletap, start <code>scaletap exchanges --follow</code>, then open the Renpho app. Lines
with the vendor renpho are what is read. A line that says <code>certificate-refused</code> or <code>left-unused</code>
means that the app does not take the certificate. It then
works on without being read. If it refused only because the certificate was not there yet, wait ten minutes, or start
scaletap again.</p>
</main>
</body>
</html>
`;
}

function proxyFacts(proxy: ProxyPlace): string {
  const { host, port } = proxy;
  const address =
    host === null ? 'the address of the machine that runs scaletap' : `<code>${escapeHtml(host)}</code>`;
  return `<h2>The proxy</h2>
<dl>
<dt>Server</dt><dd>${address}</dd>
<dt>Port</dt><dd><code>${port}</code></dd>
<dt>Automatic</dt><dd><code>${escapeHtml(scriptAddress(proxy))}</code></dd>
</dl>
<p>User and password only if scaletap was started with <code>--proxy-login</code>.</p>
<p class="note">Automatic sends only the servers of scale makers by way of scaletap, and nothing while scaletap does not
run. A device with server and port set by hand sends everything by way of it, and reaches no web page on this network
while scaletap does not run. Then switch the proxy off: &ldquo;To remove it all&rdquo; says where.</p>`;
}

function certificateFacts({ fingerprintSha256, subject, notAfterMs }: ShownCa): string {
  // A line may break behind each colon.
  const fingerprint = escapeHtml(fingerprintSha256).replaceAll(':', ':<wbr>');
  return `<h2 id="certificate">The certificate</h2>
<dl>
<dt>Name</dt><dd>${escapeHtml(subject)}</dd>
<dt>Until</dt><dd>${dayOf(notAfterMs)}</dd>
<dt>SHA-256</dt><dd><code>${fingerprint}</code></dd>
</dl>
<p>This page came without encryption, so somebody in your network could have changed it. Compare: the command
<code>scaletap ca</code> on the machine that runs scaletap must show the same SHA-256 fingerprint, and so must this
device, where it shows one for the certificate that you have installed.</p>
<p>A device that trusts this certificate believes whoever has its key. The key is on that machine and never
leaves it. Install the certificate on your own devices only, and remove it when you no longer use scaletap.</p>`;
}

function unfolded({ title, steps }: System, proxy: ProxyPlace): string {
  return `<h2>Steps for ${title}</h2>\n${steps(proxy)}`;
}

function folded({ title, steps }: System, proxy: ProxyPlace): string {
  return `<details>\n<summary><h3>${title}</h3></summary>\n${steps(proxy)}\n</details>`;
}

/**
 * The systems that a browser may be on by its User-Agent, the likeliest first; none when it does not tell. A Mac may
 * be an iPad, which since iPadOS 13 says that it is a Mac.
 */
function systemsOf(userAgent: string): readonly System[] {
  // Android says Linux too, so the order counts.
  const [, names = []] = tokens.find(([token]) => token.test(userAgent)) ?? [];
  return names.flatMap((name) => systems.filter((system) => system.name === name));
}

const tokens: readonly (readonly [RegExp, readonly System['name'][]])[] = [
  [/iPhone|iPad|iPod/, ['ios']],
  [/Android/, ['android']],
  [/Macintosh/, ['macos', 'ios']],
  [/Windows/, ['windows']],
  [/Linux|X11|CrOS/, ['linux']],
];

/** `2036-11-18`, in UTC. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
