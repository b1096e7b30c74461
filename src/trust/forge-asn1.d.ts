/** The ASN.1 part of node-forge alone, which loads in a fraction of the time of the whole; the types are of the whole. */
declare module 'node-forge/lib/asn1.js' {
  import { asn1 } from 'node-forge';

  export default asn1;
}
