/** Captures what a stream sends by RTP, to compare it with the other outputs. */

import { join } from 'node:path';
import { Process } from './process.mjs';
import { scratch } from './players.mjs';
import { frameNumbers, packetTimes } from './probe.mjs';
import { bounded } from './wait.mjs';

export class RtpCapture {
    /** Copies stream.sdp of a live stream until stop(); resolves when packets arrive. */
    static async watch(gateway, stream) {
        const self = new RtpCapture();
        self.scratch = scratch();
        self.file = join(self.scratch.folder, 'capture.ts');
        self.process = new Process(
            'ffmpeg',
            [
                '-hide_banner',
                '-v',
                'info',
                '-y',
                '-protocol_whitelist',
                'file,udp,rtp,http,tcp',
                '-i',
                `${gateway.url}/live/${stream}/stream.sdp`,
                '-map',
                '0:v',
                '-c',
                'copy',
                '-flush_packets',
                '1',
                self.file,
            ],
            { stdio: ['pipe', 'pipe', 'pipe'] },
        );
        await self.process.line(/^Output #0/, 15_000);
        return self;
    }

    /** Ends the copy; all that has arrived is in it. */
    async stop() {
        this.process.stdin.write('q');
        await bounded('end of the capture', this.process.exit(5_000), 5_000).catch(() =>
            this.process.close(),
        );
    }

    numbers() {
        return frameNumbers(this.file);
    }

    times() {
        return packetTimes(this.file, 'v');
    }

    async close() {
        await this.process.close();
        await this.scratch.close();
    }
}
