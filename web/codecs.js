/** Which codecs the offer names first, and what is asked of Opus. Pure but for the browser's own list. */

/** H.264 as Spillway passes it through undecoded comes first among its kinds. */
function h264Rank({ sdpFmtpLine = '' }) {
    return (/profile-level-id=42e0/i.test(sdpFmtpLine) ? 0 : 2)
        + (/packetization-mode=1/.test(sdpFmtpLine) ? 0 : 1);
}

/**
 * The browser's video codecs with `name` ('h264' or 'vp8') first; null when it can't send that one.
 */
export function codecsPreferring(name) {
    const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
    const wanted = (codec) => codec.mimeType.toLowerCase() === `video/${name}`;
    const first = codecs.filter(wanted);
    if (!first.length) return null;
    if (name === 'h264') first.sort((a, b) => h264Rank(a) - h264Rank(b));
    return [...first, ...codecs.filter((codec) => !wanted(codec))];
}

/**
 * An answer that asks this browser for Opus in stereo at `bitrate` bit/s: without stereo=1 from
 * the receiver a sender mixes down to mono (RFC 7587 section 6.1).
 */
export function answerWithStereo(sdp, bitrate) {
    const payload = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
    if (!payload) return sdp;
    const asked = `stereo=1;maxaveragebitrate=${bitrate}`;
    const fmtp = new RegExp(`^a=fmtp:${payload} .*$`, 'm');
    if (fmtp.test(sdp)) {
        return sdp.replace(fmtp, (line) => {
            const kept = line.trimEnd().replace(/;?\s*(stereo|maxaveragebitrate)=\d+/g, '');
            return `${kept};${asked}\r`.replace(/^(a=fmtp:\d+) ;/, '$1 ');
        });
    }
    return sdp.replace(/^a=rtpmap:\d+ opus\/48000\/2\r?$/im,
        (line) => `${line.trimEnd()}\r\na=fmtp:${payload} ${asked}\r`);
}
