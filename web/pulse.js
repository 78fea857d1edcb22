/** Notices that nothing comes back on a connection any more, seconds before ICE does: a relay has died. */

import { traffic } from './connection_facts.js';

const period = 500; // ms
const least = 2_500; // ms of sending without an answer, before that means anything
const times = 4; // as often as the usual pause
const weight = 0.3; // of the last pause in the usual one

export class Pulse {
    #connection;
    #onStopped;
    #timer;
    #before = null;
    #unanswered = 0; // ms
    #usual = period; // ms between two answers; feedback comes several times a second, or seldom
    #answered = false;

    /** `onStopped` is called once. */
    constructor(connection, onStopped) {
        this.#connection = connection;
        this.#onStopped = onStopped;
        this.#timer = setInterval(() => this.#look(), period);
    }

    stop() {
        clearInterval(this.#timer);
    }

    async #look() {
        const now = traffic(await this.#connection.getStats());
        const { sent, received } = this.#before ?? now;
        this.#before = now;
        if (now.sent > sent) this.#unanswered += period; // nobody answers silence
        if (now.received > received) {
            this.#usual += (this.#unanswered - this.#usual) * weight;
            this.#unanswered = 0;
            this.#answered = true;
        } else if (this.#answered && this.#unanswered >= Math.max(least, times * this.#usual)) {
            this.stop();
            this.#onStopped();
        }
    }
}
