/** Keeps one stream published: connects, and connects again, until stopped or refused. */

import { Problem } from './api.js';
import { Refused, WhipSession } from './whip_session.js';

const firstRetry = 500; // ms, doubled with each attempt
const lastRetry = 10_000;
const steadyAfter = 10_000; // ms live, after which the back-off starts anew
const busyGrace = 30_000; // ms after a loss in which 409 can be our own former session

/** True for an error that time may cure. */
function isPassing(error, sinceLoss) {
    if (error instanceof Refused) return false;
    if (!(error instanceof Problem)) return true; // the network, or no media connection
    if (error.status === 409) return sinceLoss < busyGrace;
    return error.status >= 500 || error.status === 429 || error.status === 408;
}

/**
 * States: idle, connecting, live, reconnecting, stopped, error. `onState(state, detail)` is called
 * on each change, and again when the detail changes.
 */
export class Publisher {
    #endpoint;
    #onState;
    #state = 'idle';
    #session = null;
    #media = null; // {stream, options} while publishing
    #attempts = 0; // failed ones in a row
    #retryTimer = 0;
    #steadyTimer = 0;
    #lostAt = -Infinity;

    constructor(endpoint, onState) {
        this.#endpoint = endpoint;
        this.#onState = onState;
    }

    get state() {
        return this.#state;
    }

    get active() {
        return this.#media !== null;
    }

    /** `options` is {bitrate (bit/s), codec ('' for the browser's order)}. */
    start(stream, options) {
        this.#media = { stream, options };
        this.#attempts = 0;
        this.#lostAt = -Infinity;
        this.#enter('connecting', 'Connecting to the server…');
        this.#connect();
    }

    /** Ends in `state`, 'stopped' unless told. Resolves when the server was told. */
    async stop({ state = 'stopped', detail = '', leaving = false } = {}) {
        if (!this.#media) return;
        this.#media = null;
        this.#enter(state, detail);
        await this.#drop(leaving);
    }

    /** Connects again when live: the server said that the stream ended. */
    streamEnded(reason) {
        if (this.#state === 'live') this.#onLost(this.#session, reason);
    }

    stats() {
        return this.#session?.stats() ?? Promise.resolve(new Map());
    }

    async #connect() {
        const { stream, options } = this.#media;
        const session = new WhipSession(this.#endpoint, (reason) => this.#onLost(session, reason));
        this.#session = session;
        try {
            await session.open(stream, options);
        } catch (error) {
            if (session === this.#session) this.#onRefusal(error);
            return;
        }
        if (session !== this.#session) return;
        this.#enter('live', '');
        this.#steadyTimer = setTimeout(() => { this.#attempts = 0; }, steadyAfter);
    }

    #onLost(session, reason) {
        if (session !== this.#session) return;
        this.#lostAt = performance.now();
        this.#retry(reason, null);
    }

    #onRefusal(error) {
        if (!isPassing(error, performance.now() - this.#lostAt)) {
            this.stop({ state: 'error', detail: error.message });
            return;
        }
        const reason = error instanceof TypeError ? 'The server can’t be reached.'
            : error.name === 'TimeoutError' ? 'The server did not answer.' : error.message;
        this.#retry(reason, error.retryAfter ?? null);
    }

    /** After `wait` ms, or the back-off when that is null. */
    async #retry(reason, wait) {
        const delay = wait ?? Math.min(lastRetry, firstRetry * 2 ** this.#attempts);
        ++this.#attempts;
        const again = this.#lostAt > -Infinity;
        const seconds = Math.max(1, Math.round(delay / 1000));
        this.#enter(again ? 'reconnecting' : 'connecting', `${reason} Trying again `
            + (delay < 1000 ? 'now.' : `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`));
        const media = this.#media;
        // The former session goes first, or the server calls the stream busy.
        await this.#drop(false);
        if (media !== this.#media) return;
        this.#retryTimer = setTimeout(() => {
            this.#enter(this.#state, `${reason} Connecting again…`);
            this.#connect();
        }, delay);
    }

    #drop(leaving) {
        clearTimeout(this.#retryTimer);
        clearTimeout(this.#steadyTimer);
        const session = this.#session;
        this.#session = null;
        return session?.close({ leaving });
    }

    #enter(state, detail) {
        this.#state = state;
        this.#onState(state, detail);
    }
}
