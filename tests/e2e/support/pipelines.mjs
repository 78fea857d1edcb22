/** Which pipeline process carries which stream, seen from outside. */

import { readdirSync, readlinkSync } from 'node:fs';
import { until } from './wait.mjs';

function openFiles(pid) {
    try {
        return readdirSync(`/proc/${pid}/fd`).map((fd) => {
            try {
                return readlinkSync(`/proc/${pid}/fd/${fd}`);
            } catch {
                return '';
            }
        });
    } catch {
        return [];
    }
}

/** The id of the process that records `stream`. */
export function pipelineOf(gateway, stream, within = 10_000) {
    return until(
        `pipeline of ${stream}`,
        () =>
            gateway
                .pipelines()
                .find((pid) =>
                    openFiles(pid).some((file) => file.includes(`/recordings/${stream}/`)),
                ),
        { within },
    );
}

export function descriptorsOf(pid) {
    return openFiles(pid).length;
}
