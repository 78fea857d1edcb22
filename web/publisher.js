/** Keeps one stream published: connects, and connects again, until stopped or refused. */

import { Problem } from './api.js';
import { Renewal, renewalMargin } from './renewal.js';
import { Takeover } from './takeover.js';
import { Refused, WhipSession } from './whip_session.js';

const firstRetry = 500; // ms, doubled with each attempt
const lastRetry = 10_000;
const steadyAfter = 10_000; // ms live, after which the back-off starts anew
const busyGrace = 30_000; // ms after a loss in which 409 can be our own previous session
const resumeTime = 30_000; // ms after a loss in which the server may still have the stream
const resumeDeadline = 4_000; // ms for an attempt of that time: the next one may find a relay that is back

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
    #takeover = null; // while another session is to take its place
    #renewal = null;
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
        if (this.#state !== 'live') return;
        this.#lostAt = performance.now();
        this.#retry(reason, null);
    }

    /** Stops: somebody asked the server to end the stream. */
    streamRemoved(detail) {
        if (['live', 'reconnecting'].includes(this.#state)) this.stop({ detail });
    }

    stats() {
        return this.#session?.stats() ?? Promise.resolve(new Map());
    }

    async #connect() {
        const { stream, options } = this.#media;
        const session = this.#newSession();
        this.#session = session;
        try {
            await session.open(stream, options);
        } catch (error) {
            if (session === this.#session) this.#onRefusal(error);
            return;
        }
        if (session === this.#session) this.#goLive(session);
    }

    #newSession() {
        const session = new WhipSession(this.#endpoint, (reason) => this.#onLost(session, reason));
        return session;
    }

    #goLive(session) {
        this.#session = session;
        this.#enter('live', '');
        this.#steadyTimer = setTimeout(() => { this.#attempts = 0; }, steadyAfter);
        this.#renewal = new Renewal(session, () => this.#renew());
    }

    /** While live: the relay will refuse the session's credentials soon. */
    #renew() {
        this.#takeOver(new Takeover(this.#session),
            { until: this.#session.expiry - renewalMargin, retryRefusals: true });
    }

    /** The server keeps the stream for some seconds. */
    #onLost(session, reason) {
        if (session !== this.#session) return;
        this.#lostAt = performance.now();
        this.#enter('reconnecting', `${reason} Connecting again…`);
        if (!this.#takeover) this.#resume(new Takeover(session));
    }

    #resume(takeover) {
        this.#takeOver(takeover, { until: this.#lostAt + resumeTime, within: resumeDeadline });
    }

    /** Another session takes the place of this one, which goes on until then if it can. */
    async #takeOver(takeover, { until, within, retryRefusals }) {
        const { stream, options } = this.#media;
        const previous = this.#session;
        this.#takeover = takeover;
        let session;
        try {
            session = await takeover.run(() => this.#newSession(),
                (next, replaces) => next.open(stream, options, { replaces, within }), { until, retryRefusals });
        } catch (error) {
            if (takeover === this.#takeover) this.#onTakeoverFailed(error, retryRefusals);
            return;
        }
        if (takeover !== this.#takeover) return;
        this.#takeover = null;
        this.#clearTimers();
        previous.retire();
        this.#goLive(session);
    }

    #onTakeoverFailed(error, wasRenewal) {
        if (error instanceof Refused) {
            this.stop({ state: 'error', detail: error.message });
        } else if (this.#state !== 'live') {
            if (wasRenewal) this.#resume(this.#takeover); // the connection broke meanwhile
            else this.#retry('The connection was lost.', 0);
        } else if (error instanceof Problem) {
            this.#lostAt = performance.now();
            this.#retry('The relay’s credentials run out.', 0);
        } else { // the network's fault, which would keep an ordinary publish from it too
            this.#takeover.close({});
            this.#takeover = null;
            this.#renewal.again();
        }
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
        // The previous session is closed first, or the server answers that the stream is busy.
        await this.#drop(false);
        if (media !== this.#media) return;
        this.#retryTimer = setTimeout(() => {
            this.#enter(this.#state, `${reason} Connecting again…`);
            this.#connect();
        }, delay);
    }

    #drop(leaving) {
        this.#clearTimers();
        const sessions = [this.#takeover, this.#session];
        this.#session = null;
        this.#takeover = null;
        return Promise.all(sessions.map((session) => session?.close({ leaving })));
    }

    #clearTimers() {
        clearTimeout(this.#retryTimer);
        clearTimeout(this.#steadyTimer);
        this.#renewal?.stop();
    }

    #enter(state, detail) {
        this.#state = state;
        this.#onState(state, detail);
    }
}
