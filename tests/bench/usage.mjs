/** What processes use, by /proc. */

import { readdirSync, readFileSync } from 'node:fs';
import { reach } from '../e2e/support/wait.mjs';

const ticksPerSecond = 100; // USER_HZ of every Linux

/** Seconds of processor time that a process has used. */
export function processorTime(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Core-seconds per second that processes use together over `seconds`. */
export async function load(pids, seconds) {
    const before = pids.map(processorTime);
    const began = performance.now();
    await reach(began + seconds * 1000);
    const used = pids
        .map(processorTime)
        .reduce((sum, time, index) => sum + time - before[index], 0);
    return used / ((performance.now() - began) / 1000);
}

/** Proportional share of memory in MB (10^6 bytes). */
export function memory(pid) {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(
        readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'),
    );
    return (Number(kilobytes) * 1024) / 1e6;
}

/** {memory in MB, threads, descriptors} of a process. */
export function footprint(pid) {
    const [, threads] = /^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return {
        memory: memory(pid),
        threads: Number(threads),
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
}
