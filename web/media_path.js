/** What ICE found out on the way: why no media connection came about, in a sentence for the visitor. */

import { relayAddress } from './relay_urls.js';

const unauthorised = 401; // of a relay, in STUN (RFC 8489 section 14.8)
const quotaReached = 486; // RFC 8656 section 15

const pointer = '“Test my connection” says more.';

const isRelay = (url) => relayAddress(url) !== null;
const hostOf = (url) => relayAddress(url).host;

export class MediaPath {
    #relays;
    #relayOnly;
    #errors = new Map(); // by a relay's address: what it answered
    #words = new Set(); // the browser's own for that
    #relayed = false; // a relay gave us an address
    #gathered = false;

    /** `configuration` is the RTCConfiguration that the connection was made with. */
    constructor({ iceServers = [], iceTransportPolicy = 'all' }) {
        this.#relays = iceServers.flatMap(({ urls }) => urls).filter(isRelay);
        this.#relayOnly = iceTransportPolicy === 'relay';
    }

    /** For the connection's icecandidate: null at the end. */
    onCandidate(candidate) {
        if (!candidate?.candidate) this.#gathered = true;
        else if (/ typ relay /.test(candidate.candidate)) this.#relayed = true;
    }

    /** For the connection's icecandidateerror; not every browser has it. */
    onError({ url, errorCode, errorText }) {
        if (!isRelay(url)) return;
        this.#errors.set(url, errorCode);
        this.#words.add(errorText ? `${errorCode}: ${errorText}` : `${errorCode}`);
    }

    get relayed() {
        return this.#relayed;
    }

    /** A relay answered, and did not want our credentials. */
    get refused() {
        return Boolean(this.#answered(unauthorised));
    }

    /** What the browser says of relays: "701: …". */
    get words() {
        return [...this.#words];
    }

    /** True when waiting is of no use: there will never be a candidate. */
    get hopeless() {
        return this.#relayOnly && this.#gathered && !this.#relayed;
    }

    explain() {
        return `${this.#reason()} ${pointer}`;
    }

    #reason() {
        const refused = this.#answered(unauthorised);
        const full = this.#answered(quotaReached);
        if (!this.#relays.length) {
            return 'The server was reached, but no media got through: a firewall or NAT on the way stops UDP, '
                + 'and this server names no relay (TURN) that leads around it.';
        }
        if (refused) {
            return `The relay ${refused} refused the credentials that this server gave us: they have expired, or `
                + 'their secret is not the relay’s. Whoever runs the server can mend that.';
        }
        if (full) return `The relay ${full} is full.`;
        if (!this.#relayed) {
            return 'The server was reached, but no media got through: a firewall on the way stops UDP and the '
                + `server’s relay, ${hostOf(this.#relays[0])}, alike. Try another network.`;
        }
        return `The relay ${hostOf(this.#relays[0])} was reached, but no media got through it to the server. `
            + 'Whoever runs the server can mend that.';
    }

    /** The host of a relay that answered with that error; undefined when none did. */
    #answered(code) {
        const found = [...this.#errors].find(([, answered]) => answered === code);
        return found && hostOf(found[0]);
    }
}
