/** Plays one live HLS address in a video element, by hls.js or by the browser itself. */

const pollPeriod = 2_000; // ms between looks for a stream that is not live
const fetchDeadline = 5_000; // ms
const hlsOptions = {
    liveSyncDurationCount: 2,
    liveMaxLatencyDurationCount: 6,
    maxLiveSyncPlaybackRate: 1.05,
    backBufferLength: 30, // s
};

async function fetchText(url) {
    const options = { cache: 'no-store', signal: AbortSignal.timeout(fetchDeadline) };
    const response = await fetch(url, options);
    return { status: response.status, text: response.ok ? await response.text() : '' };
}

/** What there is at a playlist address: 'live', 'ended', 'absent' or 'denied'. */
async function look(url) {
    try {
        const { status, text } = await fetchText(url);
        if (status === 401 || status === 403) return 'denied';
        if (text.includes('#EXT-X-ENDLIST')) return 'ended';
        if (text.includes('#EXTINF')) return 'live';
        const variant = text.split(/\r?\n/).find((line) => line && !line.startsWith('#'));
        return variant ? await look(new URL(variant, url).href) : 'absent';
    } catch {
        return 'absent'; // the server can't be reached: it may come back
    }
}

/** States: waiting, playing, ended, error. */
export class Player {
    #video;
    #url;
    #report;
    #hls = null;
    #timer = 0;
    #playing = false; // attached to a playlist
    #mended = false; // a media error was already mended once since the picture last moved

    /**
     * `report.onState(state, detail)`: detail is absent where the state says it all.
     * `onDenied()`: a token is missing; `onBlocked()`: the browser wants to be told to play.
     */
    constructor(video, url, report) {
        this.#video = video;
        this.#url = new URL(url, location.href).href;
        this.#report = report;
        video.addEventListener('playing', () => {
            this.#mended = false;
            if (this.#playing) report.onState('playing');
        });
        video.addEventListener('ended', () => this.#leave('ended'));
        video.addEventListener('error', () => {
            if (!this.#hls && this.#playing) this.#leave('waiting');
        });
    }

    start() {
        this.#report.onState('waiting');
        this.#seek();
    }

    async #seek() {
        const found = await look(this.#url);
        if (found === 'live') {
            this.#attach();
        } else if (found === 'denied') {
            this.#report.onState('error', 'This stream may only be watched with the right token.');
            this.#report.onDenied();
        } else {
            if (found === 'ended') this.#report.onState('ended');
            this.#timer = setTimeout(() => this.#seek(), pollPeriod);
        }
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
        if (type === window.Hls.ErrorTypes.MEDIA_ERROR && !this.#mended) {
            this.#mended = true;
            this.#hls.recoverMediaError();
        } else {
            this.#leave('waiting');
        }
    }

    /** Lets go of the playlist and looks for the next broadcast. */
    #leave(state) {
        if (!this.#playing) return;
        this.#playing = false;
        this.#hls?.destroy();
        this.#hls = null;
        this.#video.removeAttribute('src');
        this.#video.load();
        this.#report.onState(state);
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#seek(), pollPeriod);
    }
}
