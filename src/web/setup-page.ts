import type { PageAnswer, PageRequest } from './answer.js';
import { answer, refusedMethod, textAnswer } from './answer.js';
import type { ProxyPlace } from './proxy-place.js';
import { proxyScript, SCRIPT } from './proxy-script.js';
import { setupHtml, styleHash } from './setup-html.js';

/** The authority that a phone is to trust. Nothing of its key is here. */
export interface CaFacts {
  readonly pem: string;
  readonly der: Buffer;
  /** `AA:BB:..`, 32 bytes. */
  readonly fingerprintSha256: string;
  readonly subject: string;
  readonly notAfterMs: number;
  /** The profile for iPhone and iPad that has the certificate in it. */
  readonly mobileconfig: Buffer;
}

/**
 * Answers for the page that sets a phone up: the page at `/`, the certificate as `/ca.mobileconfig`, `/ca.cer` (DER) and
 * `/ca.pem`, and the script by which a device finds its proxy, with the hosts `apps`. All its links are relative, so it
 * may stand below any path that ends with a slash. What comes in a request only chooses among fixed texts; none of it is
 * in an answer.
 */
export function setupPage(
  request: PageRequest,
  ca: CaFacts,
  proxy: ProxyPlace,
  apps: readonly string[],
): PageAnswer {
  const refused = refusedMethod(request);
  if (refused !== null) return refused;
  switch (request.path.split(/[?#]/, 1)[0]) {
    case '/': {
      const html = Buffer.from(setupHtml(request.userAgent, ca, proxy));
      return answer(request, 200, 'text/html; charset=utf-8', html, { styleSource: `'${styleHash}'` });
    }
    // Without a file name: iOS goes by this type alone, and is to install it, not to file it.
    case '/ca.mobileconfig':
      return answer(request, 200, 'application/x-apple-aspen-config', ca.mobileconfig);
    case '/ca.cer':
      return answer(request, 200, 'application/x-x509-ca-cert', ca.der, fileName('scaletap-ca.cer'));
    case '/ca.pem':
      return answer(request, 200, 'application/x-pem-file', Buffer.from(ca.pem), fileName('scaletap-ca.pem'));
    case `/${SCRIPT}`: {
      if (proxy.host === null) return textAnswer(request, 404, "the script is on the proxy's own port");
      const script = Buffer.from(proxyScript(apps, proxy.host, proxy.port));
      return answer(request, 200, 'application/x-ns-proxy-autoconfig', script);
    }
    default:
      return textAnswer(request, 404, 'there is no such page; the one for setting up a phone is at /');
  }
}

function fileName(name: string): { headers: PageAnswer['headers'] } {
  return { headers: [['Content-Disposition', `attachment; filename="${name}"`]] };
}
