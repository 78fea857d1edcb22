/** When a session through a relay is to be replaced: before its credentials run out. */

const usedShare = 0.8; // of the credentials' lifetime
const retryTime = 10_000; // ms that are left then for attempts that fail
const jitter = 0.1; // pages that began together must not all renew together
const checkInterval = 5_000; // ms; ICE may change to the relay later
export const renewalMargin = 3_000; // ms before the credentials expire

/** ms from now, for credentials that expire in `lifetime` ms. */
export function renewalDelay(lifetime, random = Math.random()) {
    const latest = Math.max(Math.min(lifetime * usedShare, lifetime - retryTime), lifetime / 2);
    return latest * (1 - jitter * random);
}

export class Renewal {
    #session;
    #onDue;
    #timer;

    /** `onDue` is called when `session` goes through a relay whose credentials will soon expire. */
    constructor(session, onDue) {
        this.#session = session;
        this.#onDue = onDue;
        const lifetime = session.expiry - performance.now();
        if (Number.isFinite(lifetime)) this.again(renewalDelay(lifetime));
    }

    /** Checks once more, `wait` ms from now. */
    again(wait = checkInterval) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#check(), wait);
    }

    stop() {
        clearTimeout(this.#timer);
        this.#timer = null;
    }

    async #check() {
        const relayed = await this.#session.relayed();
        if (this.#timer === null) return;
        if (relayed) this.#onDue();
        else this.again();
    }
}
