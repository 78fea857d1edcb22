#pragma once

#include "process.h"
#include "tool.h"

#include <filesystem>
#include <memory>
#include <string>

/// What comes out of a pipeline process, and checks of it.

/// Outputs to files in the process's folder.
struct Outputs {
    explicit Outputs(PipelineProcess& process)
        : hls(process.folder() + "/hls"), part(process.folder() + "/x.mp4.part") {
        std::filesystem::create_directory(hls);
    }
    std::string hls;
    std::string part;
};
void addFiles(PipelineProcess& process, const Outputs& outputs);

/// Segments of one take follow each other, are on disk as told, and begin with a key frame. So many
/// pictures may be missing, or too many, in each.
void checkSegments(const PipelineProcess& process, const Outputs& outputs, double missing = 2);
/// The recording has both media, as much of them as was said, from one beginning.
void checkRecording(PipelineProcess& process, const std::string& part);
/// The longest time between two packets of a medium, in seconds.
double longestGap(const std::vector<Packet>& packets);

/// The first of six free ports in a row; even.
int freePorts();
std::string describeRtp(const control::Live& live, int port);
std::string describeTs(int port);
/// Receives what a .sdp describes into a file, for about so long from the first key frame.
std::unique_ptr<Tool> receive(const std::string& description, const std::string& file,
                              int seconds = 3);
