/** One WHIP session (RFC 9725): offer, answer, candidates, until it is closed or lost. */

import { getJson, request } from './api.js';
import { answerWithStereo, codecsPreferring } from './codecs.js';
import { usesRelay } from './connection_facts.js';
import { MediaPath } from './media_path.js';
import { StallDetector } from './stall_detector.js';
import { fragment, fragmentType } from './trickle.js';

const connectDeadline = 10_000; // ms; a browser knows its relays after three seconds, the server waits for 15
const closeDeadline = 2_000; // ms; a DELETE is a courtesy, the server notices silence itself
const disconnectGrace = 500; // ms; ICE mends shorter interruptions itself, and has waited for seconds before
const retireDeadline = 5_000; // ms; the server closes a session that another has replaced
const audioBitrate = 128_000; // bit/s
const frameRate = 30;

/** What makes another attempt pointless until the user changes something. */
export class Refused extends Error {}

/**
 * The server's ICE servers for a stream, and the ms for which they are of use. Rejects when they can't be had: without
 * them it may fail silently.
 */
async function iceConfiguration(stream) {
    const { iceServers, iceTransportPolicy, ttl } = await getJson(`/api/v1/ice?stream=${stream}`);
    return { configuration: { iceServers, iceTransportPolicy }, ttl: ttl ? ttl * 1000 : Infinity };
}

function addVideo(connection, track, stream, { bitrate, codec }) {
    const transceiver = connection.addTransceiver(track, {
        direction: 'sendonly', streams: [stream],
        sendEncodings: [{ maxBitrate: bitrate, maxFramerate: frameRate }],
    });
    if (codec) {
        const codecs = codecsPreferring(codec);
        if (!codecs) {
            throw new Refused(`This browser can’t send ${codec === 'h264' ? 'H.264' : codec}. `
                + 'Choose another codec, or leave the choice to the browser.');
        }
        transceiver.setCodecPreferences(codecs);
    }
    return transceiver.sender;
}

/** Fewer frames rather than smaller ones: recordings and players want one size. */
async function keepResolution(sender) {
    const parameters = sender.getParameters();
    parameters.degradationPreference = 'maintain-resolution';
    await sender.setParameters(parameters).catch(() => {}); // not every browser knows it
}

export class WhipSession {
    #endpoint;
    #connection = null;
    #path = null; // what ICE finds out
    #expiry = Infinity; // of the ICE servers' credentials, as performance.now()
    #stallDetector = null;
    #url = null; // of the session, known from the 201
    #asked = false; // the server was offered it
    #etag = null;
    #offer = '';
    #candidates = []; // gathered, not yet sent
    #gathered = false;
    #ended = false; // here; the server may not know yet
    #lostTimer = 0;
    #settle = null; // {resolve, reject} while open() waits for the connection

    /** `onLost(reason)` is called at most once, when an open session breaks. */
    constructor(endpoint, onLost) {
        this.#endpoint = endpoint;
        this.onLost = onLost;
    }

    /**
     * Resolves when media can flow. Rejects with Problem, Refused or a network error. With `replaces` it takes the
     * place of the first of these sessions that is the stream's current one.
     */
    async open(stream, options, { replaces = [], within = connectDeadline } = {}) {
        const { configuration, ttl } = await iceConfiguration(this.#endpoint.split('/').at(-1));
        this.#assertOpen();
        this.#expiry = performance.now() + ttl;
        const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...configuration });
        this.#connection = connection;
        this.#path = new MediaPath(configuration);
        connection.onicecandidate = ({ candidate }) => this.#onCandidate(candidate);
        connection.onicecandidateerror = (error) => this.#path.onError(error);
        connection.onconnectionstatechange = () => this.#onConnectionState();

        const [video] = stream.getVideoTracks();
        const sender = addVideo(connection, video, stream, options);
        const [audio] = stream.getAudioTracks();
        if (audio) connection.addTransceiver(audio, { direction: 'sendonly', streams: [stream] });
        await keepResolution(sender);
        await connection.setLocalDescription();
        this.#offer = connection.localDescription.sdp;

        const answer = await this.#post(replaces);
        this.#assertOpen();
        await connection.setRemoteDescription(
            { type: 'answer', sdp: answerWithStereo(answer, audioBitrate) });
        // A server that leaves says so in DTLS, long before ICE misses it.
        sender.transport?.addEventListener('statechange', () => {
            if (sender.transport.state === 'closed') this.#lose('The server closed the connection.');
        });
        this.#sendCandidates();
        await this.#connected(within);
        this.#stallDetector = new StallDetector(connection,
            () => this.#lose('Nothing comes back from the server any more.'));
    }

    /** What the server knows it by; '' before it does. */
    get id() {
        return this.#url ? new URL(this.#url).pathname.split('/').at(-1) : '';
    }

    /** Whether an error is the server's answer to it. */
    get asked() {
        return this.#asked;
    }

    /** When its relay's credentials expire, as performance.now(). */
    get expiry() {
        return this.#expiry;
    }

    /** Whether media goes through a relay. */
    async relayed() {
        return usesRelay(await this.stats());
    }

    /** Ends the session here and on the server. `leaving` is for a page that is being left. */
    async close({ leaving = false } = {}) {
        this.abandon();
        await this.#delete(leaving);
    }

    /** Ends the session here only. */
    abandon() {
        if (this.#ended) return;
        this.#ended = true;
        clearTimeout(this.#lostTimer);
        this.#stallDetector?.stop();
        this.#connection?.close();
        this.#settle?.reject(new Error('Stopped.'));
    }

    /** Another session has come in its place: ends here when the server has moved to that one. */
    retire() {
        if (this.onLost === null) {
            this.abandon();
            return;
        }
        this.onLost = () => this.abandon();
        setTimeout(() => this.abandon(), retireDeadline);
    }

    stats() {
        return this.#connection?.getStats() ?? Promise.resolve(new Map());
    }

    async #post(replaces) {
        for (const [index, id] of replaces.entries()) {
            try {
                return await this.#postTo(`${this.#endpoint}?replaces=${id}`);
            } catch (error) {
                if (error.status !== 409 || index === replaces.length - 1) throw error;
            }
        }
        return this.#postTo(this.#endpoint);
    }

    async #postTo(endpoint) {
        this.#asked = true;
        const response = await request(endpoint, {
            method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: this.#offer,
        });
        const location = response.headers.get('Location');
        if (location) this.#url = new URL(location, response.url).href;
        this.#etag = response.headers.get('ETag');
        if (this.#ended) await this.#delete(false);
        return response.text();
    }

    async #delete(leaving) {
        if (!this.#url) return;
        const url = this.#url;
        this.#url = null;
        const options = leaving ? { keepalive: true } : { signal: AbortSignal.timeout(closeDeadline) };
        await request(url, { method: 'DELETE', ...options }).catch(() => {});
    }

    #assertOpen() {
        if (this.#ended) throw new Error('Stopped.');
    }

    #onCandidate(candidate) {
        this.#path.onCandidate(candidate);
        if (this.#path.hopeless) this.#fail();
        if (candidate?.candidate) this.#candidates.push(candidate.candidate);
        else this.#gathered = true;
        this.#sendCandidates();
    }

    /** Everything gathered so far in one PATCH; those of one task are sent together. */
    async #sendCandidates() {
        await null;
        if (!this.#url || this.#ended || !(this.#candidates.length || this.#gathered)) return;
        const body = fragment(this.#offer, this.#candidates, this.#gathered);
        this.#candidates = [];
        this.#gathered = false;
        const headers = { 'Content-Type': fragmentType };
        if (this.#etag) headers['If-Match'] = this.#etag;
        // A refusal is no failure: the server also learns addresses from what it receives.
        await request(this.#url, { method: 'PATCH', headers, body }).catch(() => {});
    }

    #connected(within) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => this.#fail(), within);
            const settled = (done) => (value) => {
                clearTimeout(timer);
                this.#settle = null;
                done(value);
            };
            this.#settle = { resolve: settled(resolve), reject: settled(reject) };
            if (this.#path.hopeless) this.#fail();
            else this.#onConnectionState();
        });
    }

    /** Ends the wait for a connection. */
    #fail() {
        this.#settle?.reject(new Error(this.#path.explain()));
    }

    #onConnectionState() {
        const state = this.#connection.connectionState;
        clearTimeout(this.#lostTimer);
        if (state === 'connected') {
            this.#settle?.resolve();
        } else if (state === 'failed' || state === 'closed') {
            if (this.#settle) this.#fail();
            else this.#lose('The media connection failed.');
        } else if (state === 'disconnected') {
            this.#lostTimer = setTimeout(
                () => this.#lose('The media connection was interrupted.'), disconnectGrace);
        }
    }

    #lose(reason) {
        if (this.#ended) return;
        if (this.#settle) {
            this.#settle.reject(new Error(reason));
            return;
        }
        const { onLost } = this;
        this.onLost = null;
        onLost?.(reason);
    }
}
