/** One WHIP session (RFC 9725): offer, answer, candidates, until it is closed or lost. */

import { getJson, request } from './api.js';
import { answerWithStereo, codecsPreferring } from './codecs.js';
import { MediaPath } from './media_path.js';
import { fragment, fragmentType } from './trickle.js';

const connectDeadline = 10_000; // ms; a browser knows its relays after three seconds, the server waits for 15
const closeDeadline = 2_000; // ms; a DELETE is a courtesy, the server notices silence itself
const disconnectGrace = 3_000; // ms; ICE mends shorter interruptions itself
const audioBitrate = 128_000; // bit/s
const frameRate = 30;

/** What makes another attempt pointless until the user changes something. */
export class Refused extends Error {}

/** The server's ICE servers for a stream. Rejects when they can't be had: without them it may fail silently. */
async function iceConfiguration(stream) {
    const { iceServers, iceTransportPolicy } = await getJson(`/api/v1/ice?stream=${stream}`);
    return { iceServers, iceTransportPolicy };
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

/** Fewer pictures rather than smaller ones: recordings and players want one size. */
async function keepResolution(sender) {
    const parameters = sender.getParameters();
    parameters.degradationPreference = 'maintain-resolution';
    await sender.setParameters(parameters).catch(() => {}); // not every browser knows it
}

export class WhipSession {
    #endpoint;
    #connection = null;
    #path = null; // what ICE finds out
    #url = null; // of the session, known from the 201
    #etag = null;
    #offer = '';
    #candidates = []; // gathered, not yet sent
    #gathered = false;
    #closed = false;
    #lostTimer = 0;
    #settle = null; // {resolve, reject} while open() waits for the connection

    /** `onLost(reason)` is called at most once, when an open session breaks. */
    constructor(endpoint, onLost) {
        this.#endpoint = endpoint;
        this.onLost = onLost;
    }

    /** Resolves when media can flow. Rejects with Problem, Refused or a network error. */
    async open(stream, options) {
        const configuration = await iceConfiguration(this.#endpoint.split('/').at(-1));
        this.#assertOpen();
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

        const answer = await this.#post();
        this.#assertOpen();
        await connection.setRemoteDescription(
            { type: 'answer', sdp: answerWithStereo(answer, audioBitrate) });
        // A server that leaves says so in DTLS, long before ICE misses it.
        sender.transport?.addEventListener('statechange', () => {
            if (sender.transport.state === 'closed') this.#lose('The server closed the connection.');
        });
        this.#sendCandidates();
        await this.#connected();
    }

    /** Ends the session here and on the server. `leaving` is for a page that is being left. */
    async close({ leaving = false } = {}) {
        if (this.#closed) return;
        this.#closed = true;
        clearTimeout(this.#lostTimer);
        this.#connection?.close();
        this.#settle?.reject(new Error('Stopped.'));
        await this.#delete(leaving);
    }

    stats() {
        return this.#connection?.getStats() ?? Promise.resolve(new Map());
    }

    async #post() {
        const response = await request(this.#endpoint, {
            method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: this.#offer,
        });
        const location = response.headers.get('Location');
        if (location) this.#url = new URL(location, response.url).href;
        this.#etag = response.headers.get('ETag');
        if (this.#closed) await this.#delete(false);
        return response.text();
    }

    async #delete(leaving) {
        if (!this.#url) return;
        const options = leaving ? { keepalive: true } : { signal: AbortSignal.timeout(closeDeadline) };
        await request(this.#url, { method: 'DELETE', ...options }).catch(() => {});
    }

    #assertOpen() {
        if (this.#closed) throw new Error('Stopped.');
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
        if (!this.#url || this.#closed || !(this.#candidates.length || this.#gathered)) return;
        const body = fragment(this.#offer, this.#candidates, this.#gathered);
        this.#candidates = [];
        this.#gathered = false;
        const headers = { 'Content-Type': fragmentType };
        if (this.#etag) headers['If-Match'] = this.#etag;
        // A refusal is no failure: the server also learns addresses from what it receives.
        await request(this.#url, { method: 'PATCH', headers, body }).catch(() => {});
    }

    #connected() {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => this.#fail(), connectDeadline);
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
        if (this.#closed) return;
        if (this.#settle) {
            this.#settle.reject(new Error(reason));
            return;
        }
        const { onLost } = this;
        this.onLost = null;
        onLost?.(reason);
    }
}
