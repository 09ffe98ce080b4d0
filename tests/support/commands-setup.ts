// Processes that tests start are as quick as `npm start` and the other commands are.
import { ROOT } from "./processes.ts";

process.env.NODE_OPTIONS = `--import=${new URL("runtime/preload.js", ROOT)}`;
