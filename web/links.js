/** Addresses: what the page's own address says, and what is made from it. */

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const query = new URLSearchParams(location.search);
export const token = query.get('token') ?? '';

export function isStreamName(text) {
    return namePattern.test(text);
}

/** The stream in /publish/{stream} or /watch/{stream}; null when it is not a stream name. */
export function streamOfPage() {
    const name = location.pathname.split('/')[2] ?? '';
    return isStreamName(name) ? name : null;
}

/** `path` with the token of this page, for links inside the site and for what can't send a header. */
export function withToken(path) {
    if (!token) return path;
    return `${path}${path.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
}

/** Lets every link of the page marked data-keep-token carry this page's token on. */
export function keepTokenOnLinks() {
    for (const link of document.querySelectorAll('a[data-keep-token]')) {
        link.href = withToken(link.getAttribute('href'));
    }
}

/**
 * What a broadcaster hands on. Without this page's token: that is the one to publish with, which
 * a viewer must not get.
 */
export function addressesToShare(stream) {
    const at = (path) => new URL(path, location.origin).href;
    return {
        watch: at(`/watch/${stream}`),
        hls: at(`/live/${stream}/index.m3u8`),
        vlc: at(`/live/${stream}/vlc.m3u`),
        sdp: at(`/live/${stream}/stream.sdp`),
        tsSdp: at(`/live/${stream}/ts.sdp`),
        recordings: at(`/recordings?stream=${stream}`),
    };
}
