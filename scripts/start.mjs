/** `npm start [-- COMMAND ...]`: makes the checkout ready, then runs scaletap in this process. */
import { ready } from './ready.mjs';

ready();
await import('../dist/main.js');
