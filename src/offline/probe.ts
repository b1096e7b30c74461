import type { OfflineVendor } from '../vendors/vendor.js';
import type { UpstreamCall } from '../wire/call.js';
import { CallError } from '../wire/call.js';

/** Whether an upstream gives a vendor's own answer to a harmless request. Closes the call. */
export async function isThere(
  call: UpstreamCall,
  vendor: OfflineVendor,
  timeoutMs: number,
): Promise<boolean> {
  const request = vendor.probe(call.upstream.host);
  try {
    return vendor.judge(request, await call.exchange(request, timeoutMs)).good;
  } catch (error) {
    if (error instanceof CallError) return false;
    throw error;
  } finally {
    call.close();
  }
}
