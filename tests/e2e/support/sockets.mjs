/** The sockets of a network namespace, seen from outside. */

import { readFileSync } from 'node:fs';

/** Ports of the 'udp' or 'tcp' sockets around a process that belong to no connection. */
export function boundPorts(pid, kind) {
    return readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
        .split('\n')
        .map((line) => /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) 0+:0000 /.exec(line))
        .map((found) => parseInt(found?.[1], 16))
        .filter(Boolean);
}

/** Bytes that the interface `device` around a process has received and sent. */
export function traffic(pid, device) {
    const line = new RegExp(`${device}:\\s*(\\d+)(?:\\s+\\d+){7}\\s+(\\d+)`);
    const [, received, sent] = line.exec(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
    return Number(received) + Number(sent);
}
