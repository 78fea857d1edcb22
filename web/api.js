/** Requests to the server, and its refusals (RFC 9457) as errors. */

import { token } from './links.js';

const requestDeadline = 10_000; // ms; the server itself answers within 5 s

/** A refusal of the server. `retryAfter` in ms, null when the server named none. */
export class Problem extends Error {
    constructor(status, message, retryAfter) {
        super(message);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    get denied() {
        return this.status === 401 || this.status === 403;
    }
}

/** Retry-After as seconds or as a date (RFC 9110 section 10.2.3), in ms; null when absent. */
function retryAfterOf(response) {
    const text = response.headers.get('Retry-After');
    if (!text) return null;
    const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    return Number.isFinite(wait) ? Math.max(0, wait) : null;
}

async function problemOf(response) {
    let message = '';
    if (response.headers.get('Content-Type')?.startsWith('application/problem+json')) {
        const problem = await response.json().catch(() => ({}));
        message = problem.detail || problem.title || '';
    }
    message ||= `The server answered ${response.status} ${response.statusText}`.trim();
    if (!/[.!?…]$/.test(message)) message += '.';
    return new Problem(response.status, message, retryAfterOf(response));
}

/** The response, or a Problem thrown. Network failures reject as fetch does. */
export async function request(path, { headers = {}, ...options } = {}) {
    const response = await fetch(path, {
        cache: 'no-store',
        signal: AbortSignal.timeout(requestDeadline),
        ...options,
        headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers,
    });
    if (!response.ok) throw await problemOf(response);
    return response;
}

export async function getJson(path) {
    return (await request(path)).json();
}

/**
 * 'connecting', 'live', 'ending', or null when nobody publishes this stream. Asks for the list: a request for a stream
 * that is not there is answered with 404, which browsers write to the console as an error.
 */
export async function streamState(stream) {
    const { streams } = await getJson('/api/v1/streams');
    return streams.find((known) => known.stream === stream)?.state ?? null;
}
