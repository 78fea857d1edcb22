/** Puts a new session in the place of another while the stream goes on (POST ?replaces=). */

import { Problem } from './api.js';
import { Refused } from './whip_session.js';

const retryDelay = 1_000; // ms between two attempts
const renewalRetryDelay = 3_000; // while the previous session goes on there is time

/** True when no further attempt to take over can succeed: the server, or this browser, has refused. */
function isRefusal(error, session) {
    return error instanceof Refused || (error instanceof Problem && session.asked && error.status !== 429);
}

export class Takeover {
    #previous;
    #attempts = []; // newest first
    #closed = false;
    #timer = 0;
    #wake = null;

    /** The session `previous` goes on, if it can, and is not closed here. */
    constructor(previous) {
        this.#previous = previous;
    }

    /**
     * Opens sessions that `make()` gives until one is connected, and resolves to that one. Rejects with the last error
     * when the next attempt would come after `until` (of performance.now()), and with a refusal at once unless
     * `retryRefusals` is true. May be called again afterwards.
     */
    async run(make, open, { until, retryRefusals }) {
        const delay = retryRefusals ? renewalRetryDelay : retryDelay;
        for (;;) {
            const session = make();
            // One of these is the server's current session, most likely the newest.
            const replaces = [...this.#attempts, this.#previous].map(({ id }) => id).filter(Boolean);
            this.#attempts.unshift(session);
            try {
                await open(session, replaces);
                if (this.#closed) throw new Error('Stopped.');
                return session;
            } catch (error) {
                session.abandon();
                const late = performance.now() + delay > until;
                if (this.#closed || late || (!retryRefusals && isRefusal(error, session))) throw error;
            }
            await this.#wait(delay);
            if (this.#closed) throw new Error('Stopped.');
        }
    }

    /** Closes every session that it opened, here and on the server. */
    async close({ leaving }) {
        this.#closed = true;
        clearTimeout(this.#timer);
        this.#wake?.();
        await Promise.all(this.#attempts.map((session) => session.close({ leaving })));
    }

    #wait(time) {
        return new Promise((resolve) => {
            this.#wake = resolve;
            this.#timer = setTimeout(resolve, time);
        });
    }
}
