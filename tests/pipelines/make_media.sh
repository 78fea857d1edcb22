#!/usr/bin/env bash
# Makes 3 s of the media of tests/support/make_media.sh, and H.264 with other parameter sets:
#   make_media.sh COMMON_SCRIPT OUT_DIR
set -eu
out=$2
MEDIA_SECONDS=3 bash "$1" "$out"
ffmpeg -nostdin -hide_banner -loglevel error -y -i "$out/h264.mkv" -vf scale=640:360 -c:v libx264 -preset ultrafast \
    -profile:v baseline -bf 0 -g 30 -keyint_min 30 -sc_threshold 0 -c:a copy "$out/h264-small.mkv"
touch "$out/vp8.webm" "$out/h264.mkv"
