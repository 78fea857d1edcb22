/** Notices that nothing comes back on a connection any more, seconds before ICE does, as when a relay has died. */

import { traffic } from './connection_facts.js';

const period = 500; // ms
const shortestStall = 2_500; // ms of sending without an answer
const usualIntervals = 4; // a stall lasts at least so many usual intervals between two answers
const weight = 0.3; // of the newest interval in the moving average

export class StallDetector {
    #connection;
    #onStalled;
    #timer;
    #before = null;
    #unanswered = 0; // ms
    #interval = period; // ms between two answers, averaged: RTCP feedback comes often or seldom
    #answered = false;

    /** `onStalled` is called once. */
    constructor(connection, onStalled) {
        this.#connection = connection;
        this.#onStalled = onStalled;
        this.#timer = setInterval(() => this.#look(), period);
    }

    stop() {
        clearInterval(this.#timer);
    }

    async #look() {
        const now = traffic(await this.#connection.getStats());
        const { sent, received } = this.#before ?? now;
        this.#before = now;
        if (now.sent > sent) this.#unanswered += period; // without packets sent, no answer is due
        if (now.received > received) {
            this.#interval += (this.#unanswered - this.#interval) * weight;
            this.#unanswered = 0;
            this.#answered = true;
        } else if (this.#answered && this.#unanswered >= Math.max(shortestStall, usualIntervals * this.#interval)) {
            this.stop();
            this.#onStalled();
        }
    }
}
