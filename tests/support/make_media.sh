#!/usr/bin/env bash
# Makes the pre-encoded media that test-publisher sends, once:  make_media.sh OUT_DIR
#
#   vp8.webm   VP8 + Opus              h264.mkv   H.264 (constrained baseline, level 3.1, no B-frames) + Opus
#   resized.ts   the same H.264, 4 s of it, then 26 s of 640x480; no sound
#
# 60 s of a noisy test picture, crossed by a box, with a 440 Hz tone: 1280x720, 30 frames a second, 2.5 Mbit/s held,
# a key frame each second. Along the top stands the frame's number in binary: 16 squares of 40 pixels, lowest bit left, white = 1.
set -eu
out=${1:?usage: make_media.sh OUT_DIR}
seconds=${MEDIA_SECONDS:-60}
mkdir -p "$out"

bits="drawbox=x=0:y=0:w=640:h=40:color=black:t=fill"
for bit in $(seq 0 15); do
    bits="$bits,drawbox=x=$((bit * 40)):y=0:w=40:h=40:color=white:t=fill:enable='mod(floor(n/$((1 << bit))),2)'"
done
ground="testsrc2=size=1280x720:rate=30[ground];color=c=orange:size=200x200:rate=30[box]"
picture="$ground;[ground][box]overlay=x='mod(n*12,1280)':y=300,noise=alls=4:allf=t,$bits,format=yuv420p"
tone="sine=frequency=440:sample_rate=48000,volume=0.5,aformat=channel_layouts=stereo"

make() { # FILE VIDEO-ENCODER-OPTIONS…
    local file=$1
    shift
    [ -s "$out/$file" ] && return
    ffmpeg -nostdin -hide_banner -loglevel error -y -f lavfi -i "$picture" -f lavfi -i "$tone" -t "$seconds" \
        "$@" -g 30 -keyint_min 30 -b:v 2500k -c:a libopus -b:a 64k -frame_duration 20 "$out/.making-$file"
    mv "$out/.making-$file" "$out/$file"
}

make vp8.webm -c:v libvpx -deadline realtime -cpu-used 6 -lag-in-frames 0 -auto-alt-ref 0 \
    -minrate 2500k -maxrate 2500k -bufsize 1250k -static-thresh 0
make h264.mkv -c:v libx264 -preset fast -profile:v baseline -level 3.1 -bf 0 -sc_threshold 0 \
    -x264-params "rc-lookahead=0:nal-hrd=none" -maxrate 2500k -bufsize 1250k

h264_of() { # SIZE SECONDS OFFSET
    ffmpeg -nostdin -hide_banner -loglevel error -f lavfi -i "testsrc2=size=$1:rate=30" -t "$2" -pix_fmt yuv420p -c:v libx264 \
        -preset veryfast -profile:v baseline -level 3.1 -bf 0 -g 30 -b:v 1000k -output_ts_offset "$3" -f mpegts -
}
if [ ! -s "$out/resized.ts" ]; then
    { h264_of 1280x720 4 0 && h264_of 640x480 26 4; } >"$out/.making-resized.ts"
    mv "$out/.making-resized.ts" "$out/resized.ts"
fi
