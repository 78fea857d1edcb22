/** Puts a new session in the place of another while the stream goes on (POST ?replaces=). */

import { Problem } from './api.js';
import { Refused } from './whip_session.js';

const pause = 1_000; // ms between two attempts; while the former session goes on there is time for longer ones
const longPause = 3_000;

/** True when the server, or this browser, will let no session take over. */
function isRefusal(error, session) {
    return error instanceof Refused || (error instanceof Problem && session.asked && error.status !== 429);
}

export class Succession {
    #former;
    #attempts = []; // newest first
    #closed = false;
    #timer = 0;
    #wake = null;

    /** The session that is `former` goes on, if it can, and is not closed here. */
    constructor(former) {
        this.#former = former;
    }

    /**
     * Opens sessions that `make()` gives until one is connected, which it resolves to. Rejects with the last error
     * when the next attempt would come after `until` (of performance.now()), and with a refusal at once unless it is
     * `patient`. May be called again then.
     */
    async run(make, open, { until, patient }) {
        const between = patient ? longPause : pause;
        for (;;) {
            const session = make();
            // One of these is the server's current session, most likely the newest.
            const replaces = [...this.#attempts, this.#former].map(({ id }) => id).filter(Boolean);
            this.#attempts.unshift(session);
            try {
                await open(session, replaces);
                if (this.#closed) throw new Error('Stopped.');
                return session;
            } catch (error) {
                session.abandon();
                const late = performance.now() + between > until;
                if (this.#closed || late || (!patient && isRefusal(error, session))) throw error;
            }
            await this.#rest(between);
            if (this.#closed) throw new Error('Stopped.');
        }
    }

    /** Ends what it opened, here and on the server. */
    async close({ leaving }) {
        this.#closed = true;
        clearTimeout(this.#timer);
        this.#wake?.();
        await Promise.all(this.#attempts.map((session) => session.close({ leaving })));
    }

    #rest(time) {
        return new Promise((resolve) => {
            this.#wake = resolve;
            this.#timer = setTimeout(resolve, time);
        });
    }
}
