/**
 * node run.mjs [PATTERN]       the figures whose name matches, each beside its yardstick
 * node run.mjs --soak MINUTES  publishing and stopping for so long
 *
 * BENCH_SECONDS (60) is how long each load is watched.
 */

import { killAll } from '../e2e/support/process.mjs';
import * as cpu from './figures/cpu.mjs';
import * as cycles from './figures/cycles.mjs';
import { glass } from './figures/latency.mjs';
import { pss } from './figures/memory.mjs';
import * as relay from './figures/relay.mjs';
import { print } from './table.mjs';

const seconds = Number(process.env.BENCH_SECONDS ?? 60);
const figures = {
    'cpu transcode': () => cpu.transcode(seconds),
    'cpu passthrough': () => cpu.passthrough(seconds),
    'start and cycles': () => cycles.start(60),
    latency: () => glass(Math.min(seconds, 20)),
    memory: () => pss(seconds),
    'relay connecting': () => relay.connecting(),
    'relay processor': () => relay.processor(Math.min(seconds, 30)),
    'relay latency': () => relay.glass(Math.min(seconds, 20)),
};

const [first = '', second = '60'] = process.argv.slice(2);
const chosen =
    first === '--soak'
        ? [['soak', () => cycles.soak(Number(second))]]
        : Object.entries(figures).filter(([name]) => new RegExp(first, 'i').test(name));

for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
        killAll();
        process.exit(1);
    });
}
let failed = false;
for (const [name, measure] of chosen) {
    try {
        await measure();
    } catch (error) {
        failed = true;
        console.log(`${name} could not be measured: ${error.message}`);
    }
}
killAll();
print();
process.exit(failed ? 1 : 0);
