/** What is being sent, in words, from the browser's statistics. */

import { bitrate } from './format.js';

const limits = { bandwidth: 'held back by the connection', cpu: 'held back by this computer' };

export class SendingFacts {
    #bytes = 0;
    #time = 0;

    /** One line for the RTCStatsReport of this moment; '' while there is nothing to say. */
    describe(report) {
        const entries = [...report.values()];
        const video = entries.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
        if (!video?.frameWidth) return '';
        const sent = entries.filter(({ type }) => type === 'outbound-rtp')
            .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
        const rate = this.#time && sent >= this.#bytes
            ? ((sent - this.#bytes) * 8000) / (video.timestamp - this.#time) : 0;
        this.#bytes = sent;
        this.#time = video.timestamp;
        return [
            `${video.frameWidth} × ${video.frameHeight}`,
            `${Math.round(video.framesPerSecond ?? 0)} frames/s`,
            rate > 0 && bitrate(rate),
            report.get(video.codecId)?.mimeType.replace('video/', ''),
            limits[video.qualityLimitationReason],
        ].filter(Boolean).join(' · ');
    }
}
