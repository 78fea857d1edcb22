/** Numbers for people. */

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** 3725.4 s → "1:02:05". */
export function duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds || 0));
    const two = (n) => String(n).padStart(2, '0');
    const minutes = Math.floor(whole / 60) % 60;
    const hours = Math.floor(whole / 3600);
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function bytes(count) {
    let size = Math.max(0, count || 0);
    let unit = 0;
    for (; size >= 1000 && unit < byteUnits.length - 1; ++unit) size /= 1000;
    return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${byteUnits[unit]}`;
}

/** An RFC 3339 time in the reader's own time zone and language. */
export function localTime(text) {
    const time = new Date(text);
    return Number.isNaN(time.getTime()) ? '' : timeFormat.format(time);
}

/** 2480000 bit/s → "2.5 Mbit/s". */
export function bitrate(bitsPerSecond) {
    return bitsPerSecond >= 1e6 ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
        : `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}
