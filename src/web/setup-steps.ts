import { escapeHtml } from './escape-html.js';
import { type ProxyPlace, placeText } from './proxy-place.js';
import { scriptAddress } from './proxy-script.js';

const fingerprint = '<a href="#certificate">fingerprint</a>';

/** A system that a device may have, and what is to be done on it. */
export interface System {
  readonly name: 'ios' | 'android' | 'macos' | 'windows' | 'linux';
  readonly title: string;
  /** HTML. Its links are relative. */
  readonly steps: (proxy: ProxyPlace) => string;
}

/**
 * In the order in which they are of use. The certificate comes before the proxy: an app that asks through the proxy
 * without it is left alone for a while, and would then not be read although all is well. The words of the menus are
 * those of the systems as their makers and users describe them; makers of Android phones change theirs. None of it was
 * tried on a real phone.
 */
export const systems: readonly System[] = [
  { name: 'ios', title: 'iPhone and iPad', steps: iosSteps },
  { name: 'android', title: 'Android', steps: androidSteps },
  { name: 'macos', title: 'Mac', steps: macosSteps },
  { name: 'windows', title: 'Windows', steps: windowsSteps },
  { name: 'linux', title: 'Linux', steps: linuxSteps },
];

function iosSteps(proxy: ProxyPlace): string {
  return `<ol>
<li>In Safari, load the profile and allow it:<br>
<a class="file" href="ca.mobileconfig">Profile with the certificate</a></li>
<li>Settings, Profile Downloaded (or General, VPN &amp; Device Management): open the profile, compare the
${fingerprint} under More Details where it shows one, and install it. iOS throws a profile away that is not installed
within some minutes; then load it again.</li>
<li>Settings, General, About, Certificate Trust Settings: switch on the one whose name begins with
<strong>scaletap CA</strong>. Without this switch the certificate counts for nothing.</li>
<li>Settings, Wi-Fi, the (i) beside your network, Configure Proxy: choose Automatic, enter as URL
${scriptAt(proxy)}, Save. Only the servers of scale makers then go by way of scaletap. If the app does not go by that,
choose Manual, enter ${serverAndPort(proxy)}, Save: then everything does.</li>
<li>Close the Renpho app for good (swipe it away), then open it.</li>
</ol>
<p>The proxy holds for this one Wi-Fi network. Away from home the app goes its usual way.</p>
<p><strong>To remove it all:</strong> Configure Proxy: Off. Then General, VPN &amp; Device Management, the profile
scaletap, Remove Profile.</p>`;
}

function androidSteps(proxy: ProxyPlace): string {
  return `<p class="note"><strong>It will most likely not work with the Renpho app.</strong> Since Android 7 an app
trusts certificates that you install only if its maker has said so, and most have not. An app that refuses fails once
or twice and then works as before, because scaletap leaves its connections alone for a while. But nothing is
read.</p>
<p>What can be done instead:</p>
<ul>
<li>use the app on an iPhone or iPad. Signing in there may sign this phone out;</li>
<li>use it on a rooted phone or in an emulator, with the certificate among those of the system. Since Android 14 these
are in a part of the system that needs a module on rooted phones, such as AlwaysTrustUserCerts;</li>
<li>use an app that was changed to trust the certificates of the user.</li>
</ul>
<p>To try it all the same:</p>
<ol>
<li>Load the certificate:<br><a class="file" href="ca.cer">Certificate (.cer)</a>
or, if that is not kept as a file, <a href="ca.pem">as .pem</a></li>
<li>Settings, Security, Encryption &amp; credentials, Install a certificate, CA certificate: read the warning, install
anyway, choose the file. Where the menus are others, search the settings for &ldquo;certificate&rdquo;.</li>
<li>Encryption &amp; credentials, Trusted credentials, User: open the one of scaletap and compare its
${fingerprint}.</li>
<li>Settings, Network &amp; internet, Wi-Fi or Internet, the gear beside your network, the pencil, Advanced options,
Proxy: choose Proxy Auto-Config, enter as URL ${scriptAt(proxy)}, Save. Or Manual, with ${serverAndPort(proxy)}.</li>
<li>Force the Renpho app to stop, then open it.</li>
</ol>
<p><strong>To remove it all:</strong> Proxy: None. Then Encryption &amp; credentials, Trusted credentials, User,
the one of scaletap: Remove.</p>`;
}

function macosSteps(proxy: ProxyPlace): string {
  return `<p>If this is an iPad, take the steps for iPhone and iPad: an iPad may say that it is a Mac.</p>
<ol>
<li>Load the certificate and open it, so that it gets into Keychain Access:<br>
<a class="file" href="ca.cer">Certificate (.cer)</a></li>
<li>In Keychain Access, open the one whose name begins with <strong>scaletap CA</strong>, compare its
${fingerprint}, then Trust, When using this certificate: Always Trust.</li>
<li>System Settings, Network, your network, Details, Proxies: switch on Automatic proxy configuration, enter as URL
${scriptAt(proxy)}. Or switch on both Web proxy (HTTP) and Secure web proxy (HTTPS), and enter
${serverAndPort(proxy)} in both.</li>
</ol>
<p><strong>To remove it all:</strong> switch both proxies off, and delete the certificate in Keychain Access.</p>`;
}

function windowsSteps(proxy: ProxyPlace): string {
  return `<ol>
<li>Load the certificate:<br><a class="file" href="ca.cer">Certificate (.cer)</a></li>
<li>Compare the ${fingerprint}: where the file is, run <code>certutil -hashfile scaletap-ca.cer SHA256</code>.</li>
<li>Open the file: Install Certificate, Current User, Place all certificates in the following store, Trusted Root
Certification Authorities.</li>
<li>Settings, Network &amp; internet, Proxy, Use setup script: enter ${scriptAt(proxy)}, Save. Or, under Manual proxy
setup, ${serverAndPort(proxy)}.</li>
</ol>
<p><strong>To remove it all:</strong> switch the proxy off. Then start <kbd>certmgr.msc</kbd>, Trusted Root
Certification Authorities, Certificates, and delete the one whose name begins with scaletap CA.</p>`;
}

function linuxSteps(proxy: ProxyPlace): string {
  return `<ol>
<li>Load the certificate:<br><a class="file" href="ca.pem">Certificate (.pem)</a></li>
<li>Compare the ${fingerprint}: <code>openssl x509 -in scaletap-ca.pem -noout -fingerprint -sha256</code></li>
<li>For a try, nothing needs to be installed:
<code>curl --proxy ${proxyUrl(proxy)} --cacert scaletap-ca.pem https://cloud.renpho.com/</code></li>
<li>For all programs of Debian and its kin: copy the file to
<code>/usr/local/share/ca-certificates/scaletap-ca.crt</code> and run <code>update-ca-certificates</code>. Firefox and
Chromium have lists of their own, under Certificates in their settings.</li>
<li>Set the proxy in the settings of your desktop, or as <code>https_proxy=${proxyUrl(proxy)}</code> in the
environment.</li>
</ol>
<p><strong>To remove it all:</strong> unset the proxy, delete the file and run
<code>update-ca-certificates --fresh</code>.</p>`;
}

function scriptAt(proxy: ProxyPlace): string {
  const whose = proxy.host === null ? ', with the address of the machine that runs scaletap' : '';
  return `<code>${escapeHtml(scriptAddress(proxy))}</code>${whose}`;
}

function serverAndPort({ host, port }: ProxyPlace): string {
  const server =
    host === null
      ? 'as server the address of the machine that runs scaletap'
      : `as server <code>${escapeHtml(host)}</code>`;
  return `${server}, as port <code>${port}</code>`;
}

function proxyUrl(proxy: ProxyPlace): string {
  return `http://${escapeHtml(placeText(proxy))}`;
}
