/** Plays a stream's HLS in a video element, by hls.js or by the browser itself. */

import { streamState } from './api.js';
import { withToken } from './links.js';

const pollPeriod = 2_000; // ms between two requests for a stream that is not live yet
const fetchDeadline = 5_000; // ms
const hlsOptions = {
    liveSyncDurationCount: 2,
    liveMaxLatencyDurationCount: 6,
    maxLiveSyncPlaybackRate: 1.05,
    backBufferLength: 30, // s
};

/** Whether the media playlist behind this address lists a segment, and more are to come. */
async function isPlayable(url) {
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(fetchDeadline) });
    const text = response.ok ? await response.text() : '';
    if (text.includes('#EXTINF')) return !text.includes('#EXT-X-ENDLIST');
    const variant = text.split(/\r?\n/).find((line) => line && !line.startsWith('#'));
    return Boolean(variant) && isPlayable(new URL(variant, url).href);
}

/** States: waiting, playing, ended, error. */
export class Player {
    #video;
    #stream;
    #url;
    #report;
    #hls = null;
    #timer = 0;
    #playing = false; // attached to a playlist
    #recovered = false; // hls.js was already told to recover since the video last moved

    /**
     * `report.onState(state, detail)`: detail is absent where the state says it all.
     * `onDenied()`: a token is missing; `onBlocked()`: the browser wants to be told to play.
     */
    constructor(video, stream, report) {
        this.#video = video;
        this.#stream = stream;
        this.#url = new URL(withToken(`/live/${stream}/index.m3u8`), location.href).href;
        this.#report = report;
        video.addEventListener('playing', () => {
            this.#recovered = false;
            if (this.#playing) report.onState('playing');
        });
        video.addEventListener('ended', () => this.#leave('ended'));
        video.addEventListener('error', () => {
            if (!this.#hls && this.#playing) this.#leave('waiting');
        });
    }

    start() {
        this.#report.onState('waiting');
        this.#waitForStream();
    }

    async #waitForStream() {
        let playable = false;
        try {
            playable = await streamState(this.#stream) === 'live' && await isPlayable(this.#url);
        } catch (error) {
            if (error.denied) {
                this.#report.onState('error', 'This stream may only be watched with the right token.');
                this.#report.onDenied();
                return;
            } // else the server can't be reached: it may come back
        }
        if (playable) this.#attach();
        else this.#timer = setTimeout(() => this.#waitForStream(), pollPeriod);
    }

    #attach() {
        this.#playing = true;
        if (window.Hls?.isSupported()) this.#attachHls();
        else if (this.#video.canPlayType('application/vnd.apple.mpegurl')) this.#video.src = this.#url;
        else this.#report.onState('error', 'This browser can’t play HLS. Open the stream in VLC.');
        this.#video.play().catch((error) => {
            if (error.name === 'NotAllowedError') this.#report.onBlocked();
        });
    }

    #attachHls() {
        this.#hls = new window.Hls(hlsOptions);
        this.#hls.on(window.Hls.Events.ERROR, (_, error) => {
            if (error.fatal) this.#onFatal(error);
        });
        this.#hls.loadSource(this.#url);
        this.#hls.attachMedia(this.#video);
    }

    #onFatal({ type }) {
        if (type === window.Hls.ErrorTypes.MEDIA_ERROR && !this.#recovered) {
            this.#recovered = true;
            this.#hls.recoverMediaError();
        } else {
            this.#leave('waiting');
        }
    }

    /** Stops playing and waits for the next broadcast. */
    #leave(state) {
        if (!this.#playing) return;
        this.#playing = false;
        this.#hls?.destroy();
        this.#hls = null;
        this.#video.removeAttribute('src');
        this.#video.load();
        this.#report.onState(state);
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#waitForStream(), pollPeriod);
    }
}
