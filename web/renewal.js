/** When a session through a relay is to be replaced: before its credentials run out. */

const share = 0.8; // of their life
const least = 10_000; // ms that are left then, for attempts that fail
const jitter = 0.1; // many pages that began together must not come back together
const lookAgain = 5_000; // ms; ICE may change to the relay later
export const lastChance = 3_000; // ms before the end

/** ms from now, for credentials of which `life` ms are left. */
export function renewalDelay(life, random = Math.random()) {
    const latest = Math.max(Math.min(life * share, life - least), life / 2);
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
        const life = session.expiry - performance.now();
        if (Number.isFinite(life)) this.again(renewalDelay(life));
    }

    /** Due once more, `wait` ms from now. */
    again(wait = lookAgain) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#look(), wait);
    }

    stop() {
        clearTimeout(this.#timer);
        this.#timer = null;
    }

    async #look() {
        const relayed = await this.#session.relayed();
        if (this.#timer === null) return;
        if (relayed) this.#onDue();
        else this.again();
    }
}
